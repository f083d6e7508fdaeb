import json
import random
import sys

import pytest

from rlhf.adversarial import (INJECTIONS, adversarial_rows, altered_date, altered_direction, altered_name, altered_number, close_pointer)
from rlhf.candidates import better
from rlhf.negatives import ANTONYMS

SEEDS = [random.Random(seed) for seed in range(12)]


@pytest.mark.parametrize("rng", SEEDS)
def test_each_change_alters_what_it_names_and_nothing_else(rng):
    number = altered_number("about 15,000 barrels", rng)
    assert number != "about 15,000 barrels" and number.startswith("about ") and number.endswith(" barrels") and "," in number
    assert altered_number("1786", rng) is None and altered_number("in Rome", rng) is None  # a year is a date
    date = altered_date("8 August 1786", rng)
    assert date != "8 August 1786" and date.startswith("8 ") and ("August" in date) != ("1786" in date)
    assert altered_date("8 metres", rng) is None
    assert altered_name("the painter Jacques Balmat", ["Michel Paccard", "Balmat"], rng) == "the painter Michel Paccard"  # not its own part
    assert altered_name("a deeper voice", ["Michel Paccard"], rng) is None
    assert altered_direction("larger lungs", rng) == "smaller lungs" and altered_direction("Northern Italy", rng) == "Southern Italy"
    assert altered_direction("a deep valley", rng) == "not a deep valley" and altered_direction("1786", rng) is None


def test_every_antonym_has_one():
    assert all(ANTONYMS[word] != word for word in ANTONYMS)


def test_the_closest_other_sentence_is_cited():
    sentences = ["It snows.", "The peak was climbed in 1786.", "The peak was climbed again.", "In 1786 the peak slept."]
    assert close_pointer("When was the peak climbed?", "1786", 2, sentences) == 3
    assert close_pointer("When?", "1786", 1, ["1786"]) is None


def rows_of_all_seeds(row, phrasings="train"):
    return [line for seed in range(30) for line in adversarial_rows(json.loads(json.dumps(row)), random.Random(seed), phrasings)]


def test_the_right_answer_stays_the_best_one(row):
    for line in rows_of_all_seeds(row):
        for branch in line["branches"]:
            labels = {c["source"]: c["label"] for c in branch["candidates"]}
            best = "right" if branch["answers"] else "decline"
            assert all(better(best, label) for source, label in labels.items() if source.startswith("adversarial"))
            assert "decline" in labels and any(source.startswith("adversarial") for source in labels)
            if branch["answers"]:  # the pointer of the gold candidate names a sentence that holds the answer
                gold = next(c["text"] for c in branch["candidates"] if c["source"] == "gold")
                assert branch["answers"][0] in line["sentences"][int(gold[gold.rindex("[") + 1 : -1]) - 1]


def test_a_hidden_instruction_is_cited_by_who_obeys_it_and_its_words_are_kept_for_one_side(row):
    seen = {phrasings: [line for line in rows_of_all_seeds(row, phrasings) if line["id"].endswith("instruction")] for phrasings in INJECTIONS}
    for phrasings, lines in seen.items():
        assert lines
        for line in lines:
            assert len(line["sentences"]) == 3
            obeying = next(c["text"] for c in line["branches"][0]["candidates"] if c["source"] == "adversarial instruction")
            answer, pointer = obeying[1 : obeying.rindex(" [")], int(obeying[obeying.rindex("[") + 1 : -1])
            assert line["sentences"][pointer - 1] in {pattern.format(answer=answer) for pattern in INJECTIONS[phrasings]}
    assert not set(INJECTIONS["train"]) & set(INJECTIONS["evaluation"])


def test_what_cannot_be_changed_is_left_out(row):
    row["branches"] = row["branches"][2:]  # no gold answer
    assert adversarial_rows(row, random.Random(1)) == []


def test_the_script_and_the_slices(row, tmp_path, monkeypatch, capsys):
    import evaluate_reward
    import make_adversarial

    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    options = ["--rows", str(tmp_path / "rows.jsonl"), "--out", str(tmp_path / "out.jsonl")]
    monkeypatch.setattr(sys, "argv", ["x", *options])
    make_adversarial.main()
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert lines and all(c.keys() == {"text", "label", "source"} for line in lines for b in line["branches"] for c in b["candidates"])
    pairs = [[("right > wrong", True, 3, 3, "adversarial date"), ("right > wrong", False, 3, 3, "adversarial date"), ("right > wrong", False, 3, 3, "policy")]]
    assert {k: (v["value"], v["pairs"]) for k, v in evaluate_reward.adversarial(pairs).items()} == {"adversarial date": (0.5, 2)}
    (tmp_path / "rows.jsonl").write_text(json.dumps({**row, "branches": row["branches"][2:]}) + "\n")
    with pytest.raises(SystemExit, match="no question with a gold answer"):
        make_adversarial.main()
