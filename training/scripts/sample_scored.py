"""Completions of the fine-tuned policy for unlabelled prompts, with the reward of each: the data of DPO and of exports.

    python scripts/sample_scored.py --prompts "$WORK/data/prompts.jsonl" --policy "$WORK/sft" --reward "$WORK/reward" \\
        --out "$WORK/scored.jsonl" --sampled-tokens 200000

Stops after --sampled-tokens, so that every method can be given the same budget. Lines are appended as they are made: a run that is
killed goes on behind the last whole line.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.episodes import PolicyModels, first_questions
from rlhf.rollout import seeded
from rlhf.rows import endless_order, read_rows, whole_lines
from rlhf.scored_samples import sampled_tokens, scored_row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--reward", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sampled-tokens", type=int, default=200_000)
    parser.add_argument("--samples", type=int, default=4, help="completions a question")
    parser.add_argument("--questions", type=int, default=6, help="at most so many of a passage")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--frozen-layers", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    done = whole_lines(args.out)
    tokens = sum(sampled_tokens(row) for row in read_rows(args.out)) if done else 0
    if tokens >= args.sampled_tokens:
        return print(f"{args.out} is finished")
    models = PolicyModels.load(args.policy, args.reward, args.frozen_layers)
    prompts = read_rows(args.prompts)
    order = endless_order(len(prompts), args.seed, skip=done)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with open(args.out, "a", encoding="utf-8") as out:
        while tokens < args.sampled_tokens:
            row = first_questions(prompts[next(order)], args.questions)
            generator = seeded(args.seed * 1_000_003 + done)
            episodes = models.roll_out(row, args.samples, args.temperature, generator)
            line = scored_row(episodes, models.scores(episodes).tolist(), models.tokenizer)
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            out.flush()
            done, tokens = done + 1, tokens + sampled_tokens(line)
            if done % 20 == 0:
                print(f"{done} passages, {tokens} of {args.sampled_tokens} tokens", flush=True)


if __name__ == "__main__":
    main()
