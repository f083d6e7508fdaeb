"""Pairwise accuracy of a reward model on ranked candidates of unseen articles, for each kind of pair.

    python scripts/evaluate_reward.py --candidates "$WORK/evaluation-candidates.jsonl" --reward "$WORK/reward" --out "$WORK/reward/evaluation.json"

Intervals are Wilson's over pairs and a bootstrap over passages for the mean over kinds: pairs of one passage hang together.
Length: accuracy on pairs of nearly equal length, always-longer and always-shorter beside it, and the rank correlation of
reward and length among right answers. Pairs against a candidate of `make_adversarial.py` are reported for each kind of change too.
"""

import argparse
import collections
import json
import random
import sys
from pathlib import Path

import torch
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.candidates import LABELS
from rlhf.checkpoints import load_policy
from rlhf.intervals import wilson
from rlhf.packing import pack
from rlhf.reward import RewardHead, ranked_row, scores
from rlhf.rows import check_candidates, read_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=Path, required=True)
    parser.add_argument("--reward", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int)
    args = parser.parse_args()
    model, tokenizer = load_policy(args.reward)
    head = RewardHead.load(args.reward)
    passages, lengths = [], ([], [])
    with torch.no_grad():
        rows = read_rows(args.candidates, args.limit)
        check_candidates(rows, args.candidates, LABELS)
        for row in rows:
            packed = ranked_row(row, tokenizer)
            r = scores(model, head, pack([packed.segments], tokenizer.pad_token_id))[0]
            size = [len(s.tokens) for s in packed.segments]
            passages.append([(kind, bool(r[b] > r[w]), size[b], size[w], packed.sources[w]) for b, w, kind in packed.pairs])
            for places, labels in zip(packed.candidates, packed.labels):
                decline = [r[p].item() for p, label in zip(places, labels) if label == "decline"]
                for place, label in zip(places, labels):
                    if label == "right" and decline:
                        lengths[0].append(size[place])
                        lengths[1].append(r[place].item() - decline[0])
    report = {"passages": len(passages), **accuracies(passages), "length": length_bias(passages, lengths), "adversarial": adversarial(passages)}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(report, indent=2) + "\n")
    print(f"{'kind':34} {'pairs':>6} {'right':>7}   95 % interval")
    for kind, k in [*report["kinds"].items(), *report["adversarial"].items(), ("all pairs", report["all"]), ("mean over kinds", report["macro"])]:
        print(f"{kind:34} {k['pairs']:6} {100 * k['value']:6.1f} %  {100 * k['interval'][0]:.1f} to {100 * k['interval'][1]:.1f}")
    print(json.dumps(report["length"]))


def accuracies(passages: list[list[tuple]]) -> dict:
    pairs = [pair for passage in passages for pair in passage]
    kinds = collections.defaultdict(list)
    for kind, right, *_ in pairs:
        kinds[kind].append(right)
    table = {k: {"value": sum(v) / len(v), "interval": wilson(sum(v), len(v)), "pairs": len(v)} for k, v in sorted(kinds.items())}
    rng = random.Random(1)
    draws = sorted((overall(rng.choices(passages, k=len(passages))) for _ in range(300)), key=lambda d: d[0])
    means = sorted(d[1] for d in draws)
    every, macro = overall(passages)
    low, high = int(0.025 * len(draws)), int(0.975 * len(draws))
    return {
        "kinds": table,
        "all": {"value": every, "interval": [draws[low][0], draws[high][0]], "pairs": len(pairs)},
        "macro": {"value": macro, "interval": [means[low], means[high]], "pairs": len(pairs)},
    }


def overall(passages) -> tuple[float, float]:
    kinds = collections.defaultdict(list)
    for passage in passages:
        for kind, right, *_ in passage:
            kinds[kind].append(right)
    every = [r for v in kinds.values() for r in v]
    return sum(every) / max(1, len(every)), sum(sum(v) / len(v) for v in kinds.values()) / max(1, len(kinds))


def adversarial(passages: list[list[tuple]]) -> dict:
    """For each kind of change: the share of pairs in which the changed candidate is the lower one."""
    slices = collections.defaultdict(list)
    for passage in passages:
        for _, right, _, _, source in passage:
            if source.startswith("adversarial "):
                slices[source].append(right)
    return {k: {"value": sum(v) / len(v), "interval": wilson(sum(v), len(v)), "pairs": len(v)} for k, v in sorted(slices.items())}


def length_bias(passages, lengths) -> dict:
    pairs = [pair for passage in passages for pair in passage]
    matched = [right for _, right, b, w, _ in pairs if abs(b - w) <= 1]
    differ = [(b, w) for _, _, b, w, _ in pairs if b != w]
    rho = spearmanr(*lengths).statistic if len(lengths[0]) > 2 else float("nan")
    return {
        "lengthMatchedAccuracy": sum(matched) / max(1, len(matched)),
        "lengthMatchedPairs": len(matched),
        "alwaysLonger": sum(b > w for b, w in differ) / max(1, len(differ)),
        "alwaysShorter": sum(b < w for b, w in differ) / max(1, len(differ)),
        "rankCorrelationWithLengthAmongRight": float(rho),
    }


if __name__ == "__main__":
    main()
