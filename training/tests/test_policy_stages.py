"""The scripts of the reinforcement stage as a user runs them, on an untrained toy model: same seed, same run; killed, resumed, refused."""

import importlib
import json
import random
import sys

import pytest
import torch
from safetensors.torch import load_file
from transformers.utils import logging

from rlhf.reward import RewardHead
from rlhf.toy_world import PLACES, THINGS, write_model

logging.disable_progress_bar()


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    for name in ("policy", "reward"):
        write_model(folder / name, seed=1)
    torch.manual_seed(3)
    RewardHead(64).save(folder / "reward")
    rng = random.Random(1)
    rows = []
    for number in range(8):
        things = rng.sample(THINGS, 3)
        branches = [{"question": f"Where is the {thing}?", "answers": [PLACES[2 * THINGS.index(thing)]], "sentence": i + 1, "kind": "gold"}
                    for i, thing in enumerate(things)]
        branches.append({"question": "Where is the Town?", "answers": [], "sentence": None, "kind": "sibling"})
        rows.append({"id": f"Town_{number}#0", "title": f"Town {number}", "branches": branches,
                     "sentences": [f"The {thing} is in {PLACES[2 * THINGS.index(thing)]}." for thing in things]})
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def run(monkeypatch, script: str, *options) -> None:
    monkeypatch.setattr(sys, "argv", [script, *map(str, options)])
    importlib.import_module(script).main()


def stage_options(toy, out, *more):
    rows = toy / "rows.jsonl"
    return ["--policy", toy / "policy", "--reward", toy / "reward", "--dev", rows, "--dev-rows", 3, "--frozen-layers", 1, "--out", out,
            "--save-minutes", 0, "--learning-rate", 1e-3, *more]


def ppo_options(toy, out, *more):
    return stage_options(toy, out, "--prompts", toy / "rows.jsonl", "--rows-per-step", 2, "--minibatch-rows", 1, "--value-warm-up", 1, "--samples", 2,
                         "--steps", 3, "--eval-steps", 2, *more)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_ppo_is_the_same_for_a_seed_and_when_it_was_killed(toy, tmp_path, monkeypatch):
    run(monkeypatch, "train_ppo", *ppo_options(toy, tmp_path / "whole"))
    module = importlib.import_module("train_ppo")
    plain_log = module.log

    def killed_before_step_3(folder, line, name):
        if line["step"] == 3:
            raise KeyboardInterrupt
        plain_log(folder, line, name)

    with monkeypatch.context() as patched:
        patched.setattr(module, "log", killed_before_step_3)
        with pytest.raises(KeyboardInterrupt):
            run(monkeypatch, "train_ppo", *ppo_options(toy, tmp_path / "killed"))
    run(monkeypatch, "train_ppo", *ppo_options(toy, tmp_path / "killed"))
    whole, killed = lines(tmp_path / "whole/steps.jsonl"), lines(tmp_path / "killed/steps.jsonl")
    assert len(whole) == 3 and whole == killed
    assert {"reward", "kl", "entropy", "clipFraction", "explainedVariance", "tokens", "klCoefficient"} <= whole[0].keys()
    assert abs(whole[0]["kl"]) < 1e-5  # the first completions come from the reference itself
    figures = [line["goldCorrect"] for line in lines(tmp_path / "whole/curve.jsonl")]
    assert len(figures) == 3 and figures == [line["goldCorrect"] for line in lines(tmp_path / "killed/curve.jsonl")]
    manifest = json.loads((tmp_path / "whole/manifest.json").read_text())
    assert manifest["stage"] == "ppo" and manifest["episodes"] == 2 * 4 * 2 * 3 and manifest["sampledTokens"] == sum(x["sampledTokens"] for x in whole)
    assert (tmp_path / "whole/model.safetensors").exists() and (tmp_path / "whole/curves.png").stat().st_size > 1000


def test_ppo_with_language_loss_and_a_critic_of_its_own(toy, tmp_path, monkeypatch):
    more = ["--ptx-gamma", 0.5, "--ptx-rows", toy / "rows.jsonl", "--value-trunk", "reward"]
    run(monkeypatch, "train_ppo", *ppo_options(toy, tmp_path / "out", *more))
    assert json.loads((tmp_path / "out/manifest.json").read_text())["stage"] == "ppo-ptx"
    losses = [line.get("ptxLoss") for line in lines(tmp_path / "out/steps.jsonl")]
    assert losses[0] is None and losses[1] > losses[2] > 0  # warm-up first; then it falls


def test_ppo_with_a_brier_term(toy, tmp_path, monkeypatch):
    run(monkeypatch, "train_ppo", *ppo_options(toy, tmp_path / "plain"))
    run(monkeypatch, "train_ppo", *ppo_options(toy, tmp_path / "brier", "--brier", 5, "--steps", 6))
    plain, with_term = lines(tmp_path / "plain/steps.jsonl"), lines(tmp_path / "brier/steps.jsonl")
    assert with_term[0]["brier"] == plain[0]["brier"] > with_term[-1]["brier"]  # the same first completions; then it is learnt
    assert with_term[0]["reward"] == plain[0]["reward"]  # what is logged is the reward model's score alone


def test_ppo_as_a_larger_model_needs_it(toy, tmp_path, monkeypatch):
    options = ["--lora", 4, "--precision", "bf16", "--checkpointing", "--learning-rate", 1e-2]
    run(monkeypatch, "train_ppo", *ppo_options(toy, tmp_path / "out", *options))
    assert lines(tmp_path / "out/curve.jsonl")[-1]["kl"] > 1e-4  # the adapters moved the policy
    start, saved = (load_file(folder / "model.safetensors") for folder in (toy / "policy", tmp_path / "out"))
    assert start.keys() == saved.keys()  # a plain model again


def test_a_penalty_keeps_the_policy_near(toy, tmp_path, monkeypatch):
    for name, coefficient in (("free", 0.0), ("held", 50.0)):
        run(monkeypatch, "train_ppo", *ppo_options(toy, tmp_path / name, "--kl-coefficient", coefficient, "--steps", 6))
    free, held = (lines(tmp_path / name / "curve.jsonl")[-1]["kl"] for name in ("free", "held"))
    assert 0 <= held < free


def test_every_method_and_the_table(toy, tmp_path, monkeypatch):
    scored = tmp_path / "scored.jsonl"
    sampling = ["--prompts", toy / "rows.jsonl", "--policy", toy / "policy", "--reward", toy / "reward", "--out", scored, "--frozen-layers", 1]
    run(monkeypatch, "sample_scored", *sampling, "--sampled-tokens", 1200)
    first = scored.read_text()
    scored.write_text(first[: len(first) * 2 // 3])  # killed in the middle of a line
    run(monkeypatch, "sample_scored", *sampling, "--sampled-tokens", 1200)
    assert scored.read_text() == first
    rewards = [c["reward"] for row in lines(scored) for b in row["branches"] for c in b["candidates"]]
    spread = max(rewards) - min(rewards)
    run(monkeypatch, "train_dpo", *stage_options(toy, tmp_path / "dpo", "--scored", scored, "--margin", spread / 100, "--steps", 6, "--eval-steps", 6))
    curve = lines(tmp_path / "dpo/steps.jsonl")
    assert curve[0]["loss"] == pytest.approx(0.6931, abs=1e-3) and curve[-1]["loss"] < curve[0]["loss"]
    with pytest.raises(SystemExit, match="no pair to learn from"):
        run(monkeypatch, "train_dpo", *stage_options(toy, tmp_path / "none", "--scored", scored, "--margin", 10 * spread, "--steps", 1))
    with pytest.raises(SystemExit, match=r"rows\.jsonl: question 1 of Town_0#0: field candidates is missing"):
        run(monkeypatch, "train_dpo", *stage_options(toy, tmp_path / "other", "--scored", toy / "rows.jsonl", "--steps", 1))
    run(monkeypatch, "train_filtered", *stage_options(toy, tmp_path / "filtered", "--prompts", toy / "rows.jsonl", "--rows-per-round", 3,
                                                      "--threshold", min(rewards), "--steps", 2, "--eval-steps", 2))
    rounds = lines(tmp_path / "filtered/steps.jsonl")
    assert len(rounds) == 2 and all(0 < r["kept"] <= r["questions"] for r in rounds)
    comparing = ["--sft", toy / "policy", "--reward", toy / "reward", "--rows", toy / "rows.jsonl", "--samples", 3, "--frozen-layers", 1,
                 "--method", f"dpo={tmp_path / 'dpo'},{tmp_path / 'dpo'}", "--method", f"filtered={tmp_path / 'filtered'}",
                 "--out", tmp_path / "training.json", "--figure", tmp_path / "training.png"]
    run(monkeypatch, "compare_methods", *comparing, "--answer", "dpo,sft")
    assert not (tmp_path / "training.json").exists()
    answered = {path.name: path.read_text() for path in (tmp_path / "answers").iterdir()}
    assert answered.keys() == {"sft-1.jsonl", "dpo-1.jsonl", "dpo-2.jsonl"}
    (tmp_path / "answers/dpo-1.jsonl").write_text(answered["dpo-1.jsonl"][: len(answered["dpo-1.jsonl"]) // 2])  # killed in the middle
    run(monkeypatch, "compare_methods", *comparing)
    assert answered.items() <= {path.name: path.read_text() for path in (tmp_path / "answers").iterdir()}.items()
    report = json.loads((tmp_path / "training.json").read_text())
    table = {(m["method"], m.get("n"), m.get("orDecline")): m for m in report["methods"]}
    assert set(table) == {("sft", None, None), ("dpo", None, None), ("filtered", None, None), *(("best-of-n", n, d) for n in (1, 2, 4) for d in (True, False))}
    assert table["dpo", None, None]["seeds"] == 2 and table["sft", None, None]["figures"]["kl"]["value"] == pytest.approx(0, abs=1e-5)
    against = table["best-of-n", 4, False]["againstSft"]["reward"]
    assert against["value"] == pytest.approx(table["best-of-n", 4, False]["figures"]["reward"]["value"] - table["sft", None, None]["figures"]["reward"]["value"])
    assert 0 <= against["interval"][0] <= against["value"] <= against["interval"][1]  # more to choose from is worse for no passage
    rewards = [table["best-of-n", n, False]["figures"]["reward"]["value"] for n in (1, 2, 4)]
    assert rewards == sorted(rewards)  # more to choose from is never worse by the reward itself
    assert table["best-of-n", 4, True]["figures"]["reward"]["value"] >= max(0.0, rewards[-1])


def test_a_missing_model_and_a_broken_line_are_named(toy, tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match=r"nowhere: no model there \(config\.json is missing\)"):
        run(monkeypatch, "train_ppo", *ppo_options(toy, tmp_path / "a", "--policy", tmp_path / "nowhere"))
    with pytest.raises(SystemExit, match=r"policy: no reward model there \(head\.pt is missing\)"):
        run(monkeypatch, "train_ppo", *ppo_options(toy, tmp_path / "b", "--reward", toy / "policy"))
    broken = tmp_path / "broken.jsonl"
    broken.write_text((toy / "rows.jsonl").read_text() + '{"title": "T"\n')
    with pytest.raises(SystemExit, match=r"broken\.jsonl:9: not JSON"):
        run(monkeypatch, "train_ppo", *ppo_options(toy, tmp_path / "c", "--prompts", broken))


@pytest.mark.parametrize(
    ("candidates", "message"),
    [
        ([], "no pair to learn from"),
        ([{"text": " Paris [1]", "label": "right", "source": "policy"}, {"text": " Oslo [1]", "label": "right", "source": "policy"}], "no pair to learn from"),
        (None, r"candidates\.jsonl: question 1 of Town_0#0: field candidates is missing"),
        ([{"text": " Paris [1]", "label": "fine", "source": "policy"}], r"candidates\.jsonl: question 1 of Town_0#0: label 'fine' is none of"),
    ],
)
def test_rankings_that_teach_nothing_are_named(toy, tmp_path, monkeypatch, candidates, message):
    rows = [json.loads(line) for line in (toy / "rows.jsonl").read_text().splitlines()]
    for row in rows:
        for branch in row["branches"]:
            if candidates is not None:
                branch["candidates"] = candidates
    path = tmp_path / "candidates.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(SystemExit, match=message):
        run(monkeypatch, "train_reward", "--candidates", path, "--policy", toy / "policy", "--out", tmp_path / "out", "--frozen-layers", 1, "--steps", 1)
