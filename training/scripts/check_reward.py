"""Does the reward model earn trust? Reads the held-out figures in its manifest; exit status 1 and the reasons when it does not.

    python scripts/check_reward.py --reward "$WORK/reward"
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.reward import untrusted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reward", type=Path, required=True)
    parser.add_argument("--least", type=float, default=0.70, help="accuracy that every kind of pair must reach (default 0.7)")
    args = parser.parse_args()
    path = args.reward / "manifest.json"
    if not path.exists():
        sys.exit(f"{path}: not there; the reward model is not finished")
    metrics = json.loads(path.read_text()).get("metrics") or {}
    reasons = untrusted(metrics.get("kinds", {}), args.least)
    if reasons:
        sys.exit(f"{args.reward}: no policy is trained on this reward model\n" + "\n".join(f"  {reason}" for reason in reasons))
    print(f"{args.reward}: every kind of pair is good enough")


if __name__ == "__main__":
    main()
