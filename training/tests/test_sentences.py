"""Sentences are numbered alike in training and in serving: both are held to `prompts/sentences.golden.json`."""

import json

import pytest

from rlhf.sentences import PROMPTS, sentence_spans

CASES = json.loads((PROMPTS / "sentences.golden.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["text"][:24] for case in CASES])
def test_golden(case):
    spans = sentence_spans(case["text"])
    assert [list(span) for span in spans] == case["spans"]
    assert [case["text"][start:end] for start, end in spans] == case["sentences"]
