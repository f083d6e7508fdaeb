"""Preferences and prompts in the formats of TRL and OpenRLHF, for a team with a cluster.

    python scripts/export_preferences.py --candidates "$WORK/candidates.jsonl" --prompts "$WORK/data/prompts.jsonl" --out "$WORK/export"

preferences.jsonl   {"prompt", "chosen", "rejected", "kind"}: TRL's explicit-prompt preference format (RewardTrainer, DPOTrainer);
                    OpenRLHF: --prompt_key prompt --chosen_key chosen --rejected_key rejected
prompts.jsonl       {"prompt", "input"}: the same text under both names; TRL's prompt-only format reads the first, OpenRLHF the second
                    (--input_key input, without --apply_chat_template: the text is the whole prompt)
Texts are those the policy reads (`prompts/answer.json`), the end token included in completions: it is the tokenizer's own end, so neither
engine puts another one behind it. Both read prompt and completion as one text, whose tokens are those of the two parts.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.candidates import better, pair_kind
from rlhf.prompts import passage_text, question_text, templates
from rlhf.rows import read_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=Path, help="output of sample_candidates.py")
    parser.add_argument("--prompts", type=Path, help="rows of the reinforcement stage")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.candidates:
        print(write(args.out / "preferences.jsonl", (pair for row in read_rows(args.candidates) for pair in preferences(row))))
    if args.prompts:
        print(write(args.out / "prompts.jsonl", ({"prompt": text, "input": text} for row in read_rows(args.prompts) for text in prompts(row))))


def prompts(row: dict) -> list[str]:
    return [passage_text(row["title"], row["sentences"]) + question_text(branch["question"]) for branch in row["branches"]]


def preferences(row: dict) -> list[dict]:
    """Every ordered pair of every question; the pairs of a question follow each other."""
    end, out = templates()["end"], []
    for prompt, branch in zip(prompts(row), row["branches"]):
        for one in branch["candidates"]:
            for other in branch["candidates"]:
                if better(one["label"], other["label"]):
                    out.append({"prompt": prompt, "chosen": completion(one["text"]) + end, "rejected": completion(other["text"]) + end,
                                "kind": pair_kind(one["label"], other["label"], bool(branch["answers"]))})
    return out


def completion(text: str) -> str:
    return text if text.startswith(" ") else f" {text}"


def write(path: Path, lines) -> str:
    count = 0
    with open(path, "w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    return f"{path}: {count} lines"


if __name__ == "__main__":
    main()
