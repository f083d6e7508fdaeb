"""Questions that look answerable, as `candor eval answers` reads them: one name, number or direction of a real question is changed.

    python scripts/make_trap_questions.py --rows "$WORK/data/calibration.jsonl" --limit 300 --out questions.traps.jsonl

Asked of the corpus that their passages stand in (`benchmarks/squad-sets.mjs --calibration`). No model is needed.
"""

import argparse
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.rows import read_rows


def trap_questions(rows: list[dict], limit: int | None, seed: int) -> list[dict]:
    """Rows of `prepare_data.py` -> lines {id, question, answers, answerable, kind}: `limit` of the changed questions, drawn by `seed`."""
    lines = [
        {"id": f"trap-{row['id']}-{number}", "question": branch["question"], "answers": [], "answerable": False, "kind": "trap"}
        for row in rows
        for number, branch in enumerate(row["branches"])
        if branch["kind"] == "swapped"
    ]
    return lines if limit is None or limit >= len(lines) else random.Random(seed).sample(lines, limit)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="questions (default: all)")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    lines = trap_questions(read_rows(args.rows), args.limit, args.seed)
    if not lines:
        sys.exit(f"{args.rows}: no question of kind swapped; scripts/prepare_data.py makes rows that have some")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    print(f"{args.out}: {len(lines)} questions")


if __name__ == "__main__":
    main()
