import random

import pytest

from rlhf.candidates import better, judge, made_candidates

SENTENCES = ["Mont Blanc is 4808 m high.", "It was first climbed in 1786 by Jacques Balmat of Chamonix."]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (" 1786 [2]", "right"),
        (" in 1786 [2]", "partial"),  # F1 2/3
        (" 1786 [1]", "miscited"),
        (" 4808 [1]", "wrong"),
        (" unanswerable", "decline"),
        (" 1786", "miscited"),
        ("", "wrong"),
    ],
)
def test_judged_by_the_gold_answer_and_its_sentence(text, label):
    assert judge(text, ["1786"], 2, SENTENCES) == label


def test_without_evidence_every_answer_is_wrong():
    assert judge(" 1786 [2]", [], None, SENTENCES) == "wrong"


def test_order_of_labels():
    assert better("right", "decline") and better("decline", "wrong") and better("decline", "miscited")
    assert better("wrong", "right") is False
    assert better("partial", "decline") is None and better("right", "right") is None


def test_made_candidates_hold_gold_and_decline_and_a_distractor_of_the_type():
    branch = {"question": "When was it climbed?", "answers": ["1786"], "sentence": 2, "kind": "gold"}
    made = made_candidates(branch, ["It is said that 1999 was cold.", SENTENCES[1]], random.Random(1), None)
    assert {"gold", "decline", "distractor"} <= {c.source for c in made}
    assert next(c for c in made if c.source == "distractor").text == " 1999 [1]"
