"""Does the reward model agree with people on pairs that it was not made for? Reported whatever the figure is.

    python scripts/evaluate_human.py --data ../shared/data --reward "$WORK/reward" --out "$WORK/reward/human.json"

There is no passage: the model reads the context of the instruction, or the question itself, in its place. Beside the share of pairs in
the right order: always the longer answer, always the shorter one (pairs of equal length left out). Intervals are Wilson's, 95 %.
"""

import argparse
import collections
import json
import random
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.checkpoints import file_sha256, load_policy
from rlhf.human_preferences import HumanPair, human_pairs
from rlhf.intervals import wilson
from rlhf.packing import pack
from rlhf.prompts import split_sentences
from rlhf.reward import RewardHead, ranked_row, scores

LONGEST_ANSWER_TOKENS, LONGEST_CONTEXT_SENTENCES = 256, 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--reward", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="pairs of each part, drawn by --seed (default: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    parts = collections.defaultdict(list)
    for pair in human_pairs(args.data):
        parts[pair.part].append(pair)
    if not parts:
        raise SystemExit(f"{args.data}: none of haluquestqa, llmbar, pandalm lies there")
    model, tokenizer = load_policy(args.reward)
    head, table = RewardHead.load(args.reward), {}
    for part, pairs in sorted(parts.items()):
        if args.limit and len(pairs) > args.limit:
            pairs = random.Random(args.seed).sample(pairs, args.limit)
        table[part] = figures(pairs, [agrees(model, head, tokenizer, pair) for pair in pairs])
        print(f"{part:22} {line(table[part])}", flush=True)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps({"reward": file_sha256(args.reward / "model.safetensors"), "parts": table}, indent=1) + "\n")


@torch.no_grad()
def agrees(model, head, tokenizer, pair: HumanPair) -> bool:
    row = ranked_row(human_row(pair), tokenizer, LONGEST_ANSWER_TOKENS)
    r = scores(model, head, pack([row.segments], tokenizer.pad_token_id))[0]
    (better, worse), = row.candidates
    return bool(r[better] > r[worse])


def human_row(pair: HumanPair) -> dict:
    """The pair as one row of rankings; the order of the candidates tells the model nothing, neither sees the other."""
    sentences = split_sentences(pair.context or pair.prompt)[:LONGEST_CONTEXT_SENTENCES] or [""]
    candidates = [{"text": f" {text.strip()} [1]", "label": label, "source": "people"} for text, label in ((pair.better, "right"), (pair.worse, "wrong"))]
    return {"title": "", "sentences": sentences, "branches": [{"question": pair.prompt, "answers": [pair.better], "candidates": candidates}]}


def figures(pairs: list[HumanPair], agreed: list[bool]) -> dict:
    differ = [pair for pair in pairs if len(pair.better) != len(pair.worse)]
    longer = sum(len(pair.better) > len(pair.worse) for pair in differ)
    return {"pairs": len(pairs), "value": sum(agreed) / len(agreed), "interval": wilson(sum(agreed), len(agreed)),
            "alwaysLonger": longer / max(1, len(differ)), "alwaysShorter": 1 - longer / max(1, len(differ))}


def line(f: dict) -> str:
    return (f"{100 * f['value']:5.1f} % ({100 * f['interval'][0]:.1f} to {100 * f['interval'][1]:.1f}) of {f['pairs']}; "
            f"always longer {100 * f['alwaysLonger']:.1f}, always shorter {100 * f['alwaysShorter']:.1f}")


if __name__ == "__main__":
    main()
