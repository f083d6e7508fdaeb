"""Curves of a run, and the figure of all methods, as PNG."""

import math
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

CURVES = ("reward", "kl", "klCoefficient", "entropy", "clipFraction", "explainedVariance", "tokens", "goldCorrect")


def plot_run(steps: list[dict], held_out: list[dict], path: Path) -> None:
    """One small picture a quantity: each update as a line, held-out figures as dots."""
    figure, axes = pyplot.subplots(2, 4, figsize=(14, 6), constrained_layout=True)
    for axis, name in zip(axes.flat, CURVES):
        for lines, style in ((steps, "-"), (held_out, "o--")):
            points = [(line["step"], line[name]) for line in lines if isinstance(line.get(name), (int, float))]
            if points:
                axis.plot(*zip(*points), style, markersize=4, linewidth=1)
        axis.set_title(name)
        axis.set_xlabel("step")
    figure.savefig(path, dpi=90)
    pyplot.close(figure)


def plot_methods(curves: dict[str, list[dict]], path: Path) -> None:
    """Gold correctness (full line) and proxy reward (dashed, right axis) against sqrt(KL) (Gao et al. 2022, arXiv 2210.10760).

    curves: method -> points with `kl` in nats, `goldCorrect`, `reward`.
    """
    figure, axis = pyplot.subplots(figsize=(8, 5), constrained_layout=True)
    proxy = axis.twinx()
    for number, (method, points) in enumerate(sorted(curves.items())):
        points = sorted(points, key=lambda p: p["kl"])
        x, colour = [math.sqrt(max(0.0, p["kl"])) for p in points], f"C{number}"
        axis.plot(x, [p["goldCorrect"] for p in points], "o-", color=colour, label=method)
        proxy.plot(x, [p["reward"] for p in points], "x--", color=colour, alpha=0.5)
    axis.set_xlabel("sqrt(KL from SFT in nats an answer)")
    axis.set_ylabel("gold correctness (full)")
    proxy.set_ylabel("reward (dashed)")
    axis.legend()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def plot_curves(curves: dict[str, list[dict]], measure: str, path: Path) -> None:
    """One line a run: `measure` against minutes of training."""
    figure, axis = pyplot.subplots(figsize=(7, 4), constrained_layout=True)
    for name, lines in curves.items():
        points = [(line["minutes"], line[measure]) for line in lines if measure in line]
        axis.plot(*zip(*points), "o-", markersize=4, label=name) if points else None
    axis.set_xlabel("minutes of training")
    axis.set_ylabel(measure)
    axis.legend()
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
