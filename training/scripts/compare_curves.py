"""Runs of one stage side by side after the same time of training: full fine-tuning against the top layers, or any other choice.

    python scripts/train_sft.py .. --frozen-layers 14 --minutes 30 --out "$WORK/top"
    python scripts/train_sft.py .. --frozen-layers 0 --minutes 30 --out "$WORK/full"
    python scripts/compare_curves.py --run top="$WORK/top" --run full="$WORK/full" --measure devLoss --figure curves.png

Reads each run's `curve.jsonl`. The figures are those of the last evaluation before the shortest run ends.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.plots import plot_curves
from rlhf.rows import read_lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", action="append", required=True, metavar="NAME=FOLDER")
    parser.add_argument("--measure", default="devLoss", help="field of curve.jsonl that the figure shows (default devLoss)")
    parser.add_argument("--out", type=Path, help="the table as JSON")
    parser.add_argument("--figure", type=Path)
    args = parser.parse_args()
    curves = dict(run_curve(text) for text in args.run)
    minutes = min(curve[-1]["minutes"] for curve in curves.values())
    table = {name: [line for line in curve if line["minutes"] <= minutes][-1:] for name, curve in curves.items()}
    for name, last in table.items():
        print(f"{name:12} " + (json.dumps(last[0]) if last else f"no evaluation within {minutes:.2f} minutes"))
    if args.out:
        args.out.write_text(json.dumps({"minutes": minutes, "runs": table}, indent=1) + "\n")
    if args.figure:
        plot_curves(curves, args.measure, args.figure)


def run_curve(text: str) -> tuple[str, list[dict]]:
    name, _, folder = text.partition("=")
    path = Path(folder) / "curve.jsonl"
    if not folder or not path.exists():
        raise SystemExit(f"--run {text}: expected NAME=FOLDER with a curve.jsonl in it")
    curve = read_lines(path)
    if not curve:
        raise SystemExit(f"{path}: no evaluation yet")
    return name, curve


if __name__ == "__main__":
    main()
