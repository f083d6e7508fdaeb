"""The toy world of `runs/tiny.sh`: OUT/data/squad/train-v1.1.json.gz and OUT/base, an untrained model with its tokenizer.

    python scripts/make_toy.py --out /tmp/toy
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.toy_world import write_model, write_squad


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    write_squad(args.out / "data/squad/train-v1.1.json.gz", args.articles, args.seed)
    write_model(args.out / "base", args.seed)


if __name__ == "__main__":
    main()
