"""Stage 2a', adversarial rankings (`rlhf/adversarial.py`): fluent but wrong, wrongly cited, told what to answer, only looking answerable.

    python scripts/make_adversarial.py --rows "$WORK/data/rewards.jsonl" --out "$WORK/adversarial.jsonl" --limit 400
    python scripts/make_adversarial.py --rows "$WORK/data/evaluation.jsonl" --out "$WORK/adversarial-evaluation.jsonl" --phrasings evaluation

No model is needed. The first file is learnt from (`train_reward.py --adversarial`), the second is measured on
(`evaluate_reward.py --candidates`, which reports each kind of change); its hidden instructions are in words of their own.
"""

import argparse
import collections
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.adversarial import INJECTIONS, adversarial_rows
from rlhf.rows import read_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="passages (default: all)")
    parser.add_argument("--phrasings", choices=sorted(INJECTIONS), default="train", help="of hidden instructions")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    counts: collections.Counter = collections.Counter()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with open(args.out, "w", encoding="utf-8") as out:
        for number, row in enumerate(read_rows(args.rows, args.limit)):
            for line in adversarial_rows(row, random.Random(f"{args.seed}:{number}"), args.phrasings):
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
                counts.update(c["source"] for b in line["branches"] for c in b["candidates"])
    if not counts:
        sys.exit(f"{args.rows}: no question with a gold answer, so nothing could be changed")
    print(f"{args.out}: {json.dumps({k: n for k, n in sorted(counts.items()) if k.startswith('adversarial')})}")


if __name__ == "__main__":
    main()
