"""Measures beside the task: general ability and prompt sensitivity, as functions and as a user runs them."""

import json
import random
import sys

import evaluate_general
import evaluate_sensitivity
import pytest
import torch

from rlhf.general_ability import addition, last_word, next_sentence_choice, perplexity
from rlhf.toy_world import write_model


class Uniform(torch.nn.Module):
    """Gives every one of 128 tokens the same probability."""

    def forward(self, ids):
        return type("Output", (), {"logits": torch.zeros(*ids.shape, 128)})


def test_perplexity_of_a_uniform_model_is_its_vocabulary(tokenizer):
    assert perplexity(Uniform(), tokenizer, ["Some text.", "x"]) == pytest.approx(128, rel=1e-4)


class Repeating(torch.nn.Module):
    """Expects the token it has just seen."""

    def forward(self, ids):
        return type("Output", (), {"logits": 20.0 * torch.nn.functional.one_hot(ids, 128).float()})


def test_general_tasks_prefer_what_the_model_expects(tokenizer):
    passages = [["aaa.", "    "], ["bcd efg.", "hij klm."], ["nop qrs.", "tuv wxy."]]
    assert next_sentence_choice(Repeating(), tokenizer, passages, random.Random(1))[0] == 1.0  # blanks repeat
    assert last_word(Repeating(), tokenizer, [["a b"], ["a    "], ["one"]]) == [0.0]  # a blank does not foretell b; nothing before the others
    assert set(addition(Uniform(), tokenizer, 3, random.Random(1))) <= {0.0, 1.0}


def test_every_form_asks_the_same_and_a_shuffled_sentence_is_found_again():
    sentences = ["Zero.", "One.", "Two.", "Three."]
    forms = {name: rest for name, *rest in evaluate_sensitivity.forms(sentences, ["Where is the old bridge?"], random.Random(3))}
    assert len(forms) == 15
    shuffled, _, places = forms["shuffled sentences"]
    assert [shuffled[places[i]] for i in range(4)] == sentences and shuffled != sentences
    assert forms["keywords"][1] == ["old bridge"] and forms["lower case"][1] == ["where is the old bridge"]
    assert all("bridge" in questions[0].lower() for name, (_, questions, _) in forms.items() if name != "typo")


def test_spread_is_the_deviation_over_the_forms_of_a_question():
    assert evaluate_sensitivity.spreads({"plain": [1.0, 0.0], "typo": [0.0, 0.0]}) == [0.5, 0.0]


def test_the_scripts_on_a_toy_model(row, tmp_path, monkeypatch):
    write_model(tmp_path / "policy", seed=1)
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row | {"id": f"Alps#{i}"}) + "\n" for i in range(3)))
    rows = ["--rows", str(tmp_path / "rows.jsonl"), "--limit", "3", "--out", str(tmp_path / "out.json")]
    monkeypatch.setattr(sys, "argv", ["x", "--policy", str(tmp_path / "policy"), *rows])
    evaluate_sensitivity.main()
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["passages"] == 3 and report["questions"] == 9 and len(report["forms"]) == 15 and 0 < report["declineSpread"]["value"] <= 0.5
    assert report["forms"]["plain"]["againstPlain"]["value"] == 0
    assert report["forms"]["lower case"]["declineProbability"]["value"] != report["forms"]["plain"]["declineProbability"]["value"]
    monkeypatch.setattr(sys, "argv", ["x", "--policy", str(tmp_path / "policy"), *rows, "--minutes", "0"])
    evaluate_sensitivity.main()
    assert json.loads((tmp_path / "out.json").read_text())["passages"] == 1
    monkeypatch.setattr(sys, "argv", ["x", "--policy", f"sft={tmp_path / 'policy'}", *rows])
    with torch.no_grad():
        evaluate_general.main()
    assert json.loads((tmp_path / "out.json").read_text())["sft"]["perplexity"] > 1
