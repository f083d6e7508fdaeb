"""The loop that every training stage shares: budget, learning-rate schedule, held-out figures, saves, resumption, manifest.

    for step in run.steps():
        run.backward(loss)
        run.apply()
        run.done(questions=12)                # ends the timed part
        if run.evaluation_due():
            run.evaluated(figures, better=.., save=..)
        run.save_if_due()
    run.finish(stage="sft", ..)

The state (`state.pt`) holds trained weights, optimiser, counters and what a stage adds; a kill loses at most what was done since
the last save. A finished stage has `manifest.json` and no state.
"""

import json
import math
import time
from pathlib import Path

import torch

from rlhf.checkpoints import load_state, save_state, write_manifest
from rlhf.hardware import Hardware, add_hardware_arguments
from rlhf.layers import trainable_state
from rlhf.spread import clip_gradients, is_main, like

STATE_FORMAT = 1
# Options that may change when a stage goes on: how long, where and in what precision, not what is learnt. (Adapters are parameters of
# their own: a state with others does not fit.)
FREE_OPTIONS = {"out", "minutes", "steps", "sampled_tokens", "save_minutes", "eval_minutes", "eval_steps", "precision", "checkpointing", "lora"}


def add_run_arguments(parser, minutes: float, eval_minutes: float = 12) -> None:
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=minutes, help=f"training time, held-out figures not counted (default {minutes:g})")
    parser.add_argument("--steps", type=int, help="stop after so many steps instead: the same seed then gives the same weights")
    parser.add_argument("--save-minutes", type=float, default=6, help="most that a kill can lose (default 6)")
    parser.add_argument("--eval-minutes", type=float, default=eval_minutes, help="between held-out figures")
    parser.add_argument("--eval-steps", type=int, help="steps between held-out figures, instead of minutes")
    parser.add_argument("--seed", type=int, default=1)
    add_hardware_arguments(parser)


def is_finished(out: Path) -> bool:
    if (out / "manifest.json").exists():
        print(f"{out} is finished")
        return True
    return False


class TrainingRun:
    """`modules`: name -> module whose trained parameters are kept. `extra`: what the stage adds to the state, JSON-like.

    Optimiser groups may name their own `peak` learning rate; the others use `learning_rate`.
    """

    def __init__(self, args, modules: dict[str, torch.nn.Module], optimizer, learning_rate: float, extra: dict | None = None,
                 warm_up_steps: int = 20, hardware: Hardware | None = None):
        self.hardware = hardware or Hardware()
        self.args, self.modules, self.optimizer, self.learning_rate = args, modules, optimizer, learning_rate
        self.settings = {k: str(v) for k, v in vars(args).items() if k not in FREE_OPTIONS}
        self.state = {"step": 0, "seconds": 0.0, "best": None, "evaluatedAt": -1, "evaluations": 0, **(extra or {})}
        self.path = args.out / "state.pt"
        self.losses: list[float] = []
        self.warm_up_steps = warm_up_steps
        self.stopped: str | None = None  # why the run ended before its budget
        self._resume()
        self._last_save = self._last_eval = self._started = time.monotonic()

    def _resume(self) -> None:
        saved = load_state(self.path, self.settings)
        if is_main():
            cut_logs(self.args.out, saved["step"] if saved else -1)
        if saved is None:
            return
        if saved.get("format", 1) != STATE_FORMAT:
            raise SystemExit(f"{self.path} is of format {saved.get('format')}, this code reads {STATE_FORMAT}: delete it to begin the stage anew")
        for name, module in self.modules.items():
            weights, own = saved.pop(name, {}), trainable_state(module)
            other = [key for key in own.keys() ^ (weights.keys() & own.keys()) if key not in weights or key not in own]
            other += [key for key in own.keys() & weights.keys() if own[key].shape != weights[key].shape]
            if other:
                raise SystemExit(f"{self.path}: {name}.{sorted(other)[0]} does not fit this code or model: delete it to begin the stage anew")
            module.load_state_dict({key: like(value, own[key]) for key, value in weights.items()}, strict=False)
        self._load_optimizer(saved.pop("optimizer"))
        self.state.update({k: v for k, v in saved.items() if k not in ("settings", "format")})
        print(f"goes on at step {self.state['step']}, {self.state['seconds'] / 60:.1f} minutes in")

    def _load_optimizer(self, saved: dict) -> None:
        parameters = self._parameters()
        for number, state in saved["state"].items():
            saved["state"][number] = {k: like(v, parameters[number]) if isinstance(v, torch.Tensor) else v for k, v in state.items()}
        self.optimizer.load_state_dict(saved)

    def _parameters(self) -> list[torch.nn.Parameter]:
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    def progress(self) -> float:
        """Share of the budget that is used, 0 to 1: steps, sampled tokens, or minutes where neither is limited."""
        limits = [(self.state["step"], self.args.steps), (self.state.get("sampledTokens", 0), getattr(self.args, "sampled_tokens", None))]
        shares = [done / limit for done, limit in limits if limit]
        return min(1.0, max(shares) if shares else self.state["seconds"] / max(1e-9, self.args.minutes * 60))

    def steps(self):
        while self.progress() < 1 and not self.stopped:
            factor = schedule(self.state["step"], self.progress(), self.warm_up_steps)
            for group in self.optimizer.param_groups:
                group["lr"] = group.get("peak", self.learning_rate) * factor
            self._started = time.monotonic()
            with self.hardware.autocast():
                yield self.state["step"]

    def backward(self, loss: torch.Tensor, source: Path | str = "the data") -> None:
        if not torch.isfinite(loss):
            raise SystemExit(f"loss is {loss.item()} at step {self.state['step']}: lower --learning-rate or look at {source}")
        loss.backward()
        self.losses.append(loss.item())

    def apply(self, largest_norm: float = 1.0) -> None:
        """One optimiser step on the mean gradient of all processes, clipped to `largest_norm`."""
        self.hardware.average_gradients(self._parameters())
        clip_gradients(self._parameters(), largest_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def done(self, **counters: float) -> None:
        self.state["step"] += 1
        self.state["seconds"] += self.hardware.agreed(time.monotonic() - self._started)
        for name, value in self.hardware.total(counters).items():
            self.state[name] = self.state.get(name, 0) + value

    def recent_loss(self, window: int = 50) -> float:
        return sum(self.losses[-window:]) / max(1, len(self.losses[-window:]))

    def evaluation_due(self) -> bool:
        if self.progress() >= 1 or self.stopped:
            return self.state["evaluatedAt"] != self.state["step"]
        if self.args.eval_steps:
            return self.state["step"] % self.args.eval_steps == 0
        return self.hardware.agreed(time.monotonic() - self._last_eval > self.args.eval_minutes * 60)

    def evaluated(self, figures: dict, better, save, **line) -> None:
        """Appends a line to `curve.jsonl`; `save(folder)` is called when `better(figures, best so far)`."""
        self._last_eval = time.monotonic()
        self.state["evaluatedAt"] = self.state["step"]
        self.state["evaluations"] += 1
        log(self.args.out, {"step": self.state["step"], "minutes": round(self.state["seconds"] / 60, 3), **line, **figures})
        if self.state["best"] is None or better(figures, self.state["best"]):
            save(self.args.out)
            self.state["best"], self.state["bestAt"] = figures, self.state["evaluations"]

    def stop_when_stale(self, patience: int | None) -> None:
        """Early stopping: ends the run after `patience` evaluations without a better one."""
        if patience and self.state["evaluations"] - self.state.get("bestAt", 0) >= patience:
            self.stopped = f"no better figures in {patience} evaluations"

    def save_if_due(self) -> None:
        if self.hardware.agreed(time.monotonic() - self._last_save > self.args.save_minutes * 60):
            self.save()

    def save(self) -> None:
        self._last_save = time.monotonic()
        weights = {name: trainable_state(module) for name, module in self.modules.items()}
        save_state(self.path, {**self.state, **weights, "format": STATE_FORMAT, "settings": self.settings, "optimizer": self.optimizer.state_dict()})

    def finish(self, **facts) -> None:
        write_manifest(self.args.out, **facts, seed=self.args.seed, settings=self.settings, steps=self.state["step"],
                       minutes=round(self.state["seconds"] / 60, 2), stopped=self.stopped, metrics=self.state["best"])
        if is_main():
            self.path.unlink(missing_ok=True)


def schedule(step: int, progress: float, warm_up_steps: int = 20) -> float:
    """Factor on the learning rate: linear warm-up, then a cosine to a tenth. `progress` 0..1 of the budget."""
    return min(1.0, (step + 1) / warm_up_steps) * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def log(folder: Path, line: dict, name: str = "curve.jsonl") -> None:
    if not is_main():
        return
    folder.mkdir(parents=True, exist_ok=True)
    print(json.dumps(line), flush=True)
    with open(folder / name, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def cut_logs(folder: Path, step: int) -> None:
    """Takes out the lines of steps after `step`: they are done again."""
    for path in (folder / "curve.jsonl", folder / "steps.jsonl"):
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            path.write_text("".join(line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= step), encoding="utf-8")


def plain_errors(main) -> None:
    """Runs a stage; a machine without enough memory gets a sentence instead of a stack trace."""
    try:
        main()
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise SystemExit(f"out of memory ({error}): lower --rows-per-step, or the passages or samples of a batch; the last save is kept") from error
    except RuntimeError as error:
        if "allocate memory" not in str(error) and "out of memory" not in str(error):
            raise
        raise SystemExit(f"out of memory ({error}): lower --rows-per-step, or the passages or samples of a batch; the last save is kept") from error
