"""The reward model on the policy's trunk against a sentence encoder: accuracy after the same time of training, and the cost of serving.

    python scripts/compare_encoders.py --candidates "$WORK/candidates.jsonl" --policy "$WORK/sft" --minutes 20 --out results.json

Both see the same rows in the same order with the same loss, each for --minutes of processor time. Serving: processor time a candidate;
with the trunk in two parts, since the policy has computed the frozen layers already. The encoder is all-MiniLM-L6-v2.
"""

import argparse
import json
import platform
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.checkpoints import commit, file_sha256, load_policy
from rlhf.encoder import load_encoder, load_tokenizer
from rlhf.encoder_reward import EncoderReward, encoder_inputs, encoder_scores
from rlhf.layers import freeze_lower, lower_states, upper_states
from rlhf.packing import pack
from rlhf.reward import RewardHead, kind_weights, ranked_row, scores
from rlhf.reward_training import checked_rows, fit, held_out_figures, row_loss, split_by_article
from rlhf.training_run import plain_errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=Path, required=True, help="output of sample_candidates.py")
    parser.add_argument("--policy", type=Path, required=True, help="whose trunk the one reward model stands on")
    parser.add_argument("--minutes", type=float, default=20, help="of processor time for each")
    parser.add_argument("--steps", type=int, help="stop after so many steps instead")
    parser.add_argument("--frozen-layers", type=int, default=14, help="of the trunk")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--rows-per-step", type=int, default=2)
    parser.add_argument("--held-out", type=int, default=40, help="rows, whole articles")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tiny-encoder", action="store_true", help="a random encoder of toy size, for tests")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    policy, tokenizer = load_policy(args.policy)
    train, held_out = split_by_article(checked_rows(args.candidates), args.held_out, args.seed)
    sides = [[(row, ranked) for row in rows if (ranked := ranked_row(row, tokenizer)).pairs] for rows in (train, held_out)]
    if not all(sides):
        raise SystemExit(f"{args.candidates}: no pair to learn from or to measure on (only ties, no candidates, or one article)")
    report = {"commit": commit(), "machine": f"{platform.machine()}, {torch.get_num_threads()} thread", "seed": args.seed,
              "data": {args.candidates.name: file_sha256(args.candidates)}, "contenders": []}
    for make in (trunk, encoder):
        torch.manual_seed(args.seed)
        name, modules, score, serve = make(args, policy, tokenizer)
        weights = kind_weights([ranked for _, ranked in sides[0]])
        spent = fit([p for m in modules for p in m.parameters() if p.requires_grad], lambda pair: row_loss(score(*pair), pair[1], weights), sides[0],
                    learning_rate=args.learning_rate, rows_per_step=args.rows_per_step, seed=args.seed, minutes=args.minutes, steps=args.steps)
        texts = {id(ranked): row for row, ranked in sides[1]}
        figures, _ = held_out_figures(lambda ranked: score(texts[id(ranked)], ranked), [ranked for _, ranked in sides[1]])  # noqa: B023
        report["contenders"].append({"name": name, **spent, "parameters": sum(p.numel() for m in modules for p in m.parameters()),
                                     "figures": figures, "servingMilliseconds": milliseconds(serve, sides[1][:8])})
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(report, indent=1) + "\n")
    print_table(report["contenders"])


def trunk(args, policy, tokenizer):
    head = RewardHead(policy.config.hidden_size)
    freeze_lower(policy, args.frozen_layers)

    def score(row, ranked):
        return scores(policy, head, pack([ranked.segments], tokenizer.pad_token_id))[0]

    def serve(row, ranked):
        """What the policy has not computed already: the upper layers."""
        batch = pack([ranked.segments], tokenizer.pad_token_id)
        lower = lower_states(policy, batch, args.frozen_layers)
        return lambda: head(upper_states(policy, lower, batch, args.frozen_layers)[0, torch.tensor(batch.last[0])])

    return "policy trunk", (policy, head), score, serve


def encoder(args, policy, tokenizer):
    words = load_tokenizer()
    model, cache = EncoderReward(load_encoder(args.tiny_encoder)), {}

    def inputs(row, ranked):
        if id(ranked) not in cache:
            cache[id(ranked)] = encoder_inputs(row, ranked, words)
        return cache[id(ranked)]

    def score(row, ranked):
        return encoder_scores(model, ranked, inputs(row, ranked))

    return "MiniLM-L6", (model,), score, lambda row, ranked: lambda: score(row, ranked)


@torch.no_grad()
def milliseconds(serve, side) -> float:
    """Processor time a candidate."""
    work = [serve(row, ranked) for row, ranked in side]
    work[0]()
    started = time.process_time()
    for one in work:
        one()
    return 1000 * (time.process_time() - started) / sum(len(places) for _, ranked in side for places in ranked.candidates)


def print_table(contenders: list[dict]) -> None:
    print(f"{'':32}" + "".join(f"{c['name']:>16}" for c in contenders))
    for kind in sorted({k for c in contenders for k in c["figures"]["kinds"]}):
        print(f"{kind:32}" + "".join(f"{100 * c['figures']['kinds'][kind]['value']:14.1f} %" for c in contenders))
    for name, value in (("mean over kinds", lambda c: 100 * c["figures"]["macro"]), ("million parameters", lambda c: c["parameters"] / 1e6),
                        ("steps", lambda c: c["steps"]), ("ms a candidate", lambda c: c["servingMilliseconds"])):
        print(f"{name:32}" + "".join(f"{value(c):16.1f}" for c in contenders))


if __name__ == "__main__":
    plain_errors(main)
