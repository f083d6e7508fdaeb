import argparse
import json

import pytest
import torch

from rlhf.training_run import TrainingRun, add_run_arguments, plain_errors, schedule


def options(tmp_path, *more):
    parser = argparse.ArgumentParser()
    add_run_arguments(parser, minutes=1)
    return parser.parse_args(["--out", str(tmp_path), "--save-minutes", "0", "--eval-steps", "2", *more])


def start(args, **sizes):
    torch.manual_seed(0)
    module = torch.nn.Linear(sizes.get("inputs", 3), 1)
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.1)
    return module, TrainingRun(args, {"model": module}, optimizer, 0.1)


def train(module, run, stop_after=None):
    for step in run.steps():
        x = torch.randn(4, 3, generator=torch.Generator().manual_seed(step))
        run.backward(((module(x)[:, 0] - x.sum(1)) ** 2).mean())
        run.apply()
        run.done(seen=4)
        if run.evaluation_due():
            run.evaluated({"loss": run.recent_loss(1)}, better=lambda new, best: new["loss"] < best["loss"], save=lambda folder: None)
        run.save_if_due()
        if step == stop_after:
            return
    run.finish(stage="test")


def test_a_run_that_was_killed_ends_where_an_unbroken_one_ends(tmp_path):
    whole, run = start(options(tmp_path / "whole", "--steps", "8"))
    train(whole, run)
    killed, run = start(options(tmp_path / "killed", "--steps", "8"))
    train(killed, run, stop_after=3)
    (tmp_path / "killed" / "curve.jsonl").open("a").write('{"step": 6}\n{"ste')  # of steps that were not saved; half a line
    again, run = start(options(tmp_path / "killed", "--steps", "8"))
    assert run.state["step"] == 4 and run.state["seen"] == 16
    train(again, run)
    assert torch.equal(again.weight, whole.weight)
    steps = [json.loads(line)["step"] for line in (tmp_path / "killed" / "curve.jsonl").read_text().splitlines()]
    assert steps == [2, 4, 6, 8]
    assert not (tmp_path / "killed" / "state.pt").exists()
    assert json.loads((tmp_path / "killed" / "manifest.json").read_text())["steps"] == 8


def test_nan_is_named(tmp_path):
    _, run = start(options(tmp_path, "--steps", "2"))
    with pytest.raises(SystemExit, match=r"loss is nan at step 0: lower --learning-rate or look at rows\.jsonl"):
        run.backward(torch.tensor(float("nan"), requires_grad=True), "rows.jsonl")


def test_a_state_of_other_settings_code_or_model_is_refused_by_name(tmp_path):
    module, run = start(options(tmp_path, "--steps", "8"))
    train(module, run, stop_after=1)
    with pytest.raises(SystemExit, match=r"other settings \(seed\)"):
        start(options(tmp_path, "--steps", "8", "--seed", "2"))
    with pytest.raises(SystemExit, match=r"model\.weight does not fit"):
        start(options(tmp_path, "--steps", "8"), inputs=5)
    state = torch.load(tmp_path / "state.pt", weights_only=False)
    torch.save({**state, "format": 99}, tmp_path / "state.pt")
    with pytest.raises(SystemExit, match="of format 99"):
        start(options(tmp_path, "--steps", "8"))
    torch.save({"weights": 1}, tmp_path / "state.pt")
    with pytest.raises(SystemExit, match="field settings is missing"):
        start(options(tmp_path, "--steps", "8"))
    (tmp_path / "state.pt").write_bytes(b"broken")
    with pytest.raises(SystemExit, match="cannot be read"):
        start(options(tmp_path, "--steps", "8"))


def test_out_of_memory_is_a_sentence():
    def main():
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    with pytest.raises(SystemExit, match="out of memory .*lower --rows-per-step"):
        plain_errors(main)
    with pytest.raises(RuntimeError, match="another"):
        plain_errors(lambda: (_ for _ in ()).throw(RuntimeError("another")))


def test_early_stopping(tmp_path):
    _, run = start(options(tmp_path, "--steps", "8"))
    for loss in (3.0, 2.0, 2.5, 2.6):
        run.evaluated({"loss": loss}, better=lambda new, best: new["loss"] < best["loss"], save=lambda folder: None)
        run.stop_when_stale(2)
    assert run.stopped == "no better figures in 2 evaluations" and run.state["best"] == {"loss": 2.0}


def test_schedule_warms_up_and_falls_to_a_tenth():
    assert schedule(0, 0.0) == pytest.approx(0.05)
    assert schedule(19, 0.0) == 1.0
    assert schedule(100, 0.5) == pytest.approx(0.55)
    assert schedule(100, 1.0) == pytest.approx(0.1)
