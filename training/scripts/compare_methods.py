"""One table of all methods on questions with gold answers: is reinforcement learning the decisive factor?

    python scripts/compare_methods.py --sft "$WORK/sft" --reward "$WORK/reward" --rows "$WORK/data/evaluation.jsonl" \\
        --method ppo="$WORK/ppo-1","$WORK/ppo-2","$WORK/ppo-3" --method dpo="$WORK/dpo-1" \\
        --out ../benchmarks/results/training.json --figure ../benchmarks/results/training.png

A folder a seed; intervals draw seeds and passages anew (95 %), of the differences from sft too. sft and best-of-n come from --sft.
What a policy answered is kept beside --out (`answers/`), so that a run can be killed and goes on; `--answer ppo,dpo` stops before the
table, so that several processes can share the methods. Reward is score(answer) -
score(decline); KL is in nats an answer, for best-of-n the bound log n - (n - 1)/n. The figure shows the held-out figures of each run
along its way (its `curve.jsonl`) and best-of-n on --rows: give the runs' own --dev rows for a figure of one set.
"""

import argparse
import json
import platform
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.checkpoints import commit, file_sha256
from rlhf.episodes import PolicyModels, first_questions
from rlhf.general_ability import perplexity
from rlhf.plots import plot_methods
from rlhf.policy_evaluation import answer_rows_kept, differences_with_intervals, figures_with_intervals, mean_figures
from rlhf.rollout import sample, seeded
from rlhf.rows import read_lines, read_rows
from rlhf.training_run import plain_errors

BEST_OF = (1, 2, 4, 8, 16)
COLUMNS = ("goldCorrect", "rightAnswer", "f1", "refusalRight", "refusalWrong", "brier", "reward", "kl")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sft", type=Path, required=True)
    parser.add_argument("--reward", type=Path, required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--method", action="append", default=[], metavar="NAME=FOLDER,FOLDER", help="trained policies, a folder a seed")
    parser.add_argument("--limit", type=int, default=100, help="passages")
    parser.add_argument("--questions", type=int, default=8, help="at most so many of a passage")
    parser.add_argument("--samples", type=int, default=15, help="beside the greedy completion of --sft; 15 for best of 16")
    parser.add_argument("--prose", type=Path, help="rows whose passages the perplexity is taken on (default: --rows)")
    parser.add_argument("--frozen-layers", type=int, default=14)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--answer", metavar="NAME,NAME", help="only answer the questions with these (sft or a method), and write no table")
    args = parser.parse_args()
    methods = {"sft": [args.sft], **dict(method_folders(text) for text in args.method)}
    only = set(args.answer.split(",")) if args.answer else set(methods)
    if only - set(methods):
        parser.error(f"--answer {', '.join(sorted(only - set(methods)))}: none of {', '.join(methods)}")
    rows = [first_questions(row, args.questions) for row in read_rows(args.rows, args.limit)]
    prose = [" ".join(row["sentences"]) for row in read_rows(args.prose or args.rows, args.limit)]

    common = {"sft": file_sha256(args.sft / "model.safetensors"), "reward": file_sha256(args.reward / "model.safetensors"),
              "rows": file_sha256(args.rows), "limit": args.limit, "questions": args.questions}
    table, curves = [], {}
    for name, folders in methods.items():
        if name not in only:
            continue
        answers, costs = [], []
        for seed, folder in enumerate(folders, 1):
            models = PolicyModels.load(folder, args.reward, args.frozen_layers, reference=args.sft)
            samples = args.samples if name == "sft" else 1
            facts = {"policy": file_sha256(folder / "model.safetensors"), **common, "samples": samples, "seed": seed}
            answers.append(answer_rows_kept(args.out.parent / "answers" / f"{name}-{seed}.jsonl", facts, models, rows, samples, seed))
            print(f"{name} {folder}: {json.dumps({k: round(v, 3) for k, v in mean_figures(answers[-1]).items() if k in COLUMNS})}", flush=True)
            if not args.answer:
                costs.append({**manifest_costs(folder), "perplexity": perplexity(models.policy, models.tokenizer, prose),
                              "millisecondsPerQuestion": inference_cost(models, rows[:5])})
        if args.answer:
            continue
        if name == "sft":
            sft = answers[0]
            table.append({"method": name, "seeds": 1, "figures": figures_with_intervals(answers), **mean_costs(costs)})
            numbers = [n for n in BEST_OF if n <= args.samples + 1]
            for n in numbers:
                cost = {**mean_costs(costs), "millisecondsPerQuestion": inference_cost(models, rows[:5], n)}
                for or_decline in (True, False):
                    table.append({"method": "best-of-n", "n": n, "orDecline": or_decline, "seeds": 1, **cost,
                                  "figures": figures_with_intervals(answers, n=n, or_decline=or_decline),
                                  "againstSft": differences_with_intervals(answers, sft, n=n, or_decline=or_decline)})
            curves["best-of-n"] = [point(mean_figures(sft, n=n)) | {"kl": mean_figures(sft, n=n)["kl"] if n > 1 else 0.0} for n in numbers]
        else:
            table.append({"method": name, "seeds": len(folders), "figures": figures_with_intervals(answers),
                          "againstSft": differences_with_intervals(answers, sft), **mean_costs(costs)})
            curves[name] = [point(line) for folder in folders for line in read_lines(folder / "curve.jsonl")]
    if args.answer:
        return
    report = {"commit": commit(), "machine": f"{platform.machine()}, {torch.get_num_threads()} thread", "passages": len(rows),
              "questions": sum(len(row["branches"]) for row in rows), "rows": {args.rows.name: common["rows"]},
              "reward": common["reward"], "methods": table}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(report, indent=1) + "\n")
    if args.figure:
        plot_methods(curves, args.figure)
    print_table(table)


def method_folders(text: str) -> tuple[str, list[Path]]:
    name, _, folders = text.partition("=")
    if not folders:
        raise SystemExit(f"--method {text}: expected NAME=FOLDER,FOLDER")
    return name, [Path(folder) for folder in folders.split(",")]


def manifest_costs(folder: Path) -> dict[str, float]:
    """Minutes and sampled tokens of training; nothing for a policy whose manifest is not there."""
    if not (folder / "manifest.json").exists():
        return {}
    manifest = json.loads((folder / "manifest.json").read_text())
    return {name: manifest[key] for name, key in (("trainingMinutes", "minutes"), ("sampledTokens", "sampledTokens")) if manifest.get(key) is not None}


def mean_costs(costs: list[dict]) -> dict[str, float]:
    return {name: sum(c[name] for c in costs if name in c) / sum(name in c for c in costs) for name in {k for c in costs for k in c}}


def inference_cost(models: PolicyModels, rows: list[dict], n: int = 1) -> float:
    """Milliseconds a question for n completions and, where there is a choice, their rewards."""
    started, questions = time.monotonic(), 0
    for row in rows:
        if n > 1:
            models.scores(models.roll_out(row, n, greedy_first=True, generator=seeded(1)))
        else:
            sample(models.policy, models.tokenizer, row["title"], row["sentences"], [b["question"] for b in row["branches"]], 1)
        questions += len(row["branches"])
    return 1000 * (time.monotonic() - started) / max(1, questions)


def point(figures: dict) -> dict:
    return {name: figures[name] for name in ("kl", "goldCorrect", "reward")}


def print_table(table: list[dict]) -> None:
    print(f"{'method':20}" + "".join(f"{name:>22}" for name in COLUMNS) + f"{'perplexity':>12}{'ms/question':>12}")
    for line in table:
        name = line["method"] + (f" n={line['n']}" + (" or decline" if line["orDecline"] else "") if "n" in line else "")
        cells = (line["figures"].get(column) for column in COLUMNS)
        print(f"{name:20}" + "".join(f"{c['value']:8.3f} ({c['interval'][0]:.3f}-{c['interval'][1]:.3f})" if c else f"{'':22}" for c in cells)
              + f"{line['perplexity']:12.2f}{line['millisecondsPerQuestion']:12.1f}")


if __name__ == "__main__":
    plain_errors(main)
