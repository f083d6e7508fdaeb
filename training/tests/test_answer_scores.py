"""The service scores answers exactly as the training does: both read the same examples."""

import json
from pathlib import Path

import pytest

from rlhf.squad import exact_match, is_right, normalise_answer, token_f1

FIXTURE = Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "answer-scores.json"


@pytest.mark.parametrize("example", json.loads(FIXTURE.read_text(encoding="utf-8")), ids=lambda example: example["prediction"])
def test_answer_scores(example):
    prediction, golds = example["prediction"], example["golds"]
    assert normalise_answer(prediction) == example["normalised"]
    assert exact_match(prediction, golds) == example["exactMatch"]
    assert token_f1(prediction, golds) == pytest.approx(example["f1"])
    assert is_right(prediction, golds) == example["right"]
