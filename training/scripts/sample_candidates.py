"""Stage 2a, rankings: candidates from the fine-tuned policy and made ones, each judged by the gold answers.

    python scripts/sample_candidates.py --rows "$WORK/data/rewards.jsonl" --policy "$WORK/sft" --out "$WORK/candidates.jsonl" --limit 600

One output line is one passage with its questions, each with 3 to 9 candidates. Lines are appended as they are made: a run
that is killed goes on behind the last whole line.
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.candidates import Ranked, judge, made_candidates
from rlhf.checkpoints import load_policy
from rlhf.rollout import sample, seeded
from rlhf.rows import read_rows, whole_lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=600, help="passages")
    parser.add_argument("--samples", type=int, default=4, help="completions a question, the first one greedy")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--answers-only", action="store_true",
                        help="the policy may not decline: a decline is among the candidates anyway, and serving asks for an answer too")
    parser.add_argument("--skip", type=int, default=0, help="passages at the head of --rows that are left out")
    parser.add_argument("--minutes", type=float, help="stop after this time even if passages are left")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rows = read_rows(args.rows, args.skip + args.limit)[args.skip :]
    done = whole_lines(args.out)
    if done >= len(rows):
        return print(f"{args.out} is finished")
    model, tokenizer = load_policy(args.policy)
    model.eval()
    started = time.monotonic()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with open(args.out, "a", encoding="utf-8") as out:
        for number, row in enumerate(rows[done:], done):
            if args.minutes and time.monotonic() - started > args.minutes * 60:
                break
            out.write(json.dumps(ranked_row(model, tokenizer, row, args, number), ensure_ascii=False) + "\n")
            out.flush()
            if number % 20 == 19:
                print(f"{number + 1} of {len(rows)} passages, {(time.monotonic() - started) / (number + 1 - done):.1f} s each", flush=True)


def ranked_row(model, tokenizer, row: dict, args, number: int) -> dict:
    number += args.skip
    rng = random.Random(f"{args.seed}:{number}")
    generator = seeded(args.seed * 1_000_003 + number)
    completions = sample(model, tokenizer, row["title"], row["sentences"], [b["question"] for b in row["branches"]],
                         args.samples, args.temperature, forbid_decline=args.answers_only, generator=generator)
    golds = [b["answers"][0] for b in row["branches"] if b["answers"]]
    for branch, drawn in zip(row["branches"], completions):
        candidates = made_candidates(branch, row["sentences"], rng, rng.choice(golds) if golds else None)
        for completion in drawn:
            text = tokenizer.decode(completion.tokens)
            label = judge(text, branch["answers"], branch["sentence"], row["sentences"])
            candidates.append(Ranked(text, label, "policy"))
        branch["candidates"] = [c.to_json() for c in unique(candidates)]
    return row


def unique(candidates: list[Ranked]) -> list[Ranked]:
    """Each text once; the policy's own stands for itself when a made one says the same."""
    by_text: dict[str, Ranked] = {}
    for candidate in candidates:
        by_text[candidate.text.strip()] = candidate
    return list(by_text.values())


if __name__ == "__main__":
    main()
