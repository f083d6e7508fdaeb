"""The alignment tax: perplexity on held-out prose and accuracy on a few general tasks, for policies side by side.

    python scripts/evaluate_general.py --policy sft="$WORK/sft" --policy ppo="$WORK/ppo-1" --rows "$WORK/data/evaluation.jsonl" --out "$WORK/general.json"

Prose: the passages of --rows. Tasks: the true next sentence among four (chance 25 %), the last word of a passage, sums of two numbers
below 50 among four (chance 25 %). Intervals: bootstrap over items, 95 %.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.checkpoints import load_policy
from rlhf.general_ability import addition, last_word, next_sentence_choice, perplexity
from rlhf.intervals import bootstrap_mean
from rlhf.rows import read_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policy", action="append", required=True, metavar="NAME=FOLDER")
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=150, help="passages, and sums")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    passages = list({row["id"].split("#")[0] + row["sentences"][0]: row["sentences"] for row in read_rows(args.rows, args.limit)}.values())
    report = {}
    for text in args.policy:
        name, _, folder = text.partition("=")
        model, tokenizer = load_policy(Path(folder))
        model.eval()
        tasks = {"nextSentence": next_sentence_choice(model, tokenizer, passages, random.Random(1)), "lastWord": last_word(model, tokenizer, passages),
                 "addition": addition(model, tokenizer, args.limit, random.Random(2))}
        report[name] = {"perplexity": perplexity(model, tokenizer, [" ".join(p) for p in passages]), **{
            task: {"value": sum(v) / max(1, len(v)), "interval": bootstrap_mean(v), "items": len(v)} for task, v in tasks.items()}}
        print(name, json.dumps(report[name]), flush=True)
    args.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    with torch.no_grad():
        main()
