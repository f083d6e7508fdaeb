import json
import random

import pytest
from export_preferences import preferences
from transformers import PreTrainedTokenizerFast

from rlhf.prompt_variants import INSTRUCTIONS, add_retrieved, vary
from rlhf.prompts import answer_text, question_text, templates
from rlhf.reward import untrusted
from rlhf.rows import demonstration, encode
from rlhf.sizing import CPU, H100, SHAPES, forward_gflop, plan
from rlhf.tiny import tiny_tokenizer


def test_instructions_are_many_and_each_holds_the_question_once():
    assert len(set(INSTRUCTIONS)) >= 20
    assert all(pattern.count("{question}") == 1 for pattern in INSTRUCTIONS)


def test_examples_stand_before_the_question_and_are_not_learnt(row, tokenizer):
    varied = vary(row, random.Random(1), instructions=0.0, examples=1.0)
    branch, segment = varied["branches"][0], demonstration(varied, tokenizer)[1]
    assert branch["examples"] and all(q != branch["question"] for q, _, _ in branch["examples"])
    shown = "".join(question_text(q) + answer_text(a, n) for q, a, n in branch["examples"])
    learnt = answer_text(branch["answers"][0], branch["sentence"])
    assert segment.tokens == tokenizer.encode(shown + question_text(branch["question"]) + learnt) + [tokenizer.end]
    assert sum(segment.targets) == len(learnt) + 1 and segment.targets[-1]


def test_without_options_nothing_changes(row):
    assert vary(row, random.Random(1), 0.0, 0.0) == row


def test_a_retrieved_distractor_is_close_and_does_not_hold_the_answer():
    def passage(id, text, question, answer):
        return {"id": id, "title": "T", "sentences": [text], "branches": [{"question": question, "answers": [answer], "sentence": 1, "kind": "gold"}]}

    rows = [passage("a", "The old bridge opened in 1894.", "When was the bridge opened?", "1894"),
            passage("b", "Nothing of the kind.", "What kind?", "none at all"),
            passage("c", "A bridge opened again in 1894, they say.", "Who says?", "they"),
            passage("d", "The bridge was opened to carts.", "Opened to what?", "carts")]
    assert add_retrieved(rows, random.Random(1), 1.0) == 4
    placed = [(row["id"], b["question"]) for row in rows for b in row["branches"] if b["kind"] == "retrieved"]
    assert ("d", "When was the bridge opened?") in placed  # c is as close, but holds 1894
    assert all(not b["answers"] for row in rows for b in row["branches"] if b["kind"] == "retrieved")


def test_preferences_in_the_formats_of_others(row, tmp_path, monkeypatch):
    import sys

    import export_preferences

    for branch in row["branches"]:
        branch["candidates"] = [{"text": "unanswerable", "label": "decline"}, {"text": " 7 [1]", "label": "wrong"}, {"text": " 9 [1]", "label": "wrong"}]
    (tmp_path / "candidates.jsonl").write_text(json.dumps(row) + "\n")
    monkeypatch.setattr(sys, "argv", ["x", "--candidates", str(tmp_path / "candidates.jsonl"), "--prompts", str(tmp_path / "candidates.jsonl"), "--out", str(tmp_path)])
    export_preferences.main()
    pairs = [json.loads(line) for line in (tmp_path / "preferences.jsonl").read_text().splitlines()]
    assert len(pairs) == 6 and pairs[0].keys() == {"prompt", "chosen", "rejected", "kind"}
    assert pairs[0]["prompt"].endswith("\nQuestion: How high is Mont Blanc?\nAnswer:") and pairs[0]["prompt"].startswith("Alps\n[1] Mont Blanc")
    assert (pairs[0]["chosen"], pairs[0]["rejected"]) == (" unanswerable<|im_end|>", " 7 [1]<|im_end|>")
    assert [json.loads(line)["input"] for line in (tmp_path / "prompts.jsonl").read_text().splitlines()] == list(dict.fromkeys(p["prompt"] for p in pairs))


def test_others_read_prompt_and_completion_as_the_tokens_that_were_learnt(row, tmp_path):
    size = tiny_tokenizer(tmp_path / "tokenizer.json")
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(tmp_path / "tokenizer.json"), eos_token="<|im_end|>", pad_token="<|endoftext|>")
    assert size > 200 and templates()["end"] == tokenizer.eos_token
    for branch in row["branches"]:
        branch["candidates"] = [{"text": " unanswerable", "label": "decline"}, {"text": " 4808 m [1]", "label": "wrong"}]
    for pair in preferences(row):
        for side in ("chosen", "rejected"):
            assert pair[side].endswith(tokenizer.eos_token)  # OpenRLHF and TRL add one only where there is none
            parts = encode(tokenizer, pair["prompt"]) + encode(tokenizer, pair[side])
            assert tokenizer(pair["prompt"] + pair[side], add_special_tokens=False)["input_ids"] == parts
            assert parts[-1] == tokenizer.eos_token_id


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, []),
        ({"right > decline": {"value": 0.79, "pairs": 100}}, ["right > decline: 79.0 % of 100 pairs, wanted 80 %"]),
        ({"right > partial": {"value": 0.6, "pairs": 50}}, ["right > partial: 60.0 % of 50 pairs, wanted 70 %"]),
        ({"right > partial": {"value": 0.1, "pairs": 19}}, []),  # too few to tell
        ({"decline > wrong": {"value": 1.0, "pairs": 3}}, ["decline > wrong: fewer than 20 held-out pairs"]),
    ],
)
def test_a_reward_model_has_to_earn_trust(changes, reasons):
    good = {"value": 0.9, "pairs": 100}
    kinds = {"right > decline": good, "decline > wrong": good, "decline > wrong (no evidence)": good, "right > wrong": good}
    assert untrusted(kinds | changes) == reasons
    assert untrusted({}) != []


def test_sizes_are_those_of_the_models_and_the_arithmetic_is_near_what_was_measured():
    assert SHAPES["135M"].parameters == 134_515_008  # as transformers counts them
    assert SHAPES["8B"].parameters == 8_030_261_248
    assert 480 < CPU.tflops * 1000 / forward_gflop(SHAPES["135M"]) < 640  # measured: 530 to 590 tokens/s
    one, eight = (plan(SHAPES["8B"], type(H100)(**{**H100.__dict__, "devices": n}), episodes=1000) for n in (1, 8))
    assert not one.fits and eight.fits and eight.hours < one.hours
    assert plan(SHAPES["8B"], H100, episodes=1000, lora_rank=16).fits
