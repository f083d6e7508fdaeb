"""What rounding costs from end to end: answers of the exported policy beside those of the weights that it was exported from.

    python scripts/compare_served.py --policy "$WORK/sft" --models ../models --rows "$WORK/data/dev.jsonl" --limit 24 --out served.json

Greedy answers with the gold passage, as ONNX Runtime and as PyTorch in fp32 write them: share of equal ones, F1 and gold correctness of
both, and what the exported one gains (paired). Intervals: bootstrap over questions, 95 %.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.candidates import DECLINE, RIGHT, judge
from rlhf.checkpoints import file_sha256, load_policy
from rlhf.intervals import bootstrap_mean
from rlhf.prompts import parse_completion, passage_text, question_text, templates
from rlhf.rollout import sample
from rlhf.rows import encode, read_rows
from rlhf.served import ServedModel
from rlhf.squad import token_f1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policy", type=Path, required=True, help="Hugging Face folder that was exported")
    parser.add_argument("--models", type=Path, required=True, help="folder with policy/")
    parser.add_argument("--policy-name", default="policy", help="folder of the exported policy in --models")
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=24, help="passages")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    folder = args.models / args.policy_name
    if not (folder / "upper.onnx").exists():
        raise SystemExit(f"{folder / 'upper.onnx'}: expected an exported policy; scripts/export_onnx.py makes one")
    model, tokenizer = load_policy(args.policy)
    served, end = ServedModel(folder / "lower.onnx", folder / "upper.onnx"), tokenizer.convert_tokens_to_ids(templates()["end"])
    same, fp32, exported = [], [], []  # fp32, exported: (F1 or None where nothing answers, gold correct)
    for row in read_rows(args.rows, args.limit):
        questions = [branch["question"] for branch in row["branches"]]
        ours = served.greedy(encode(tokenizer, passage_text(row["title"], row["sentences"])), [encode(tokenizer, question_text(q)) for q in questions], end)
        theirs = [one.tokens for [one] in sample(model, tokenizer, row["title"], row["sentences"], questions, 1)]
        same += [float(a == b) for a, b in zip(ours, theirs)]
        for kept, answers in ((fp32, theirs), (exported, ours)):
            kept += [worth(tokenizer.decode(tokens), branch, row["sentences"]) for tokens, branch in zip(answers, row["branches"])]
    report = {"policy": file_sha256(args.policy / "model.safetensors"), "exported": json.loads((folder / "manifest.json").read_text())["version"],
              "rows": {args.rows.name: file_sha256(args.rows)}, "questions": len(same), "sameAnswer": figure(same)}
    for name, place in (("f1", 0), ("goldCorrect", 1)):
        values = [(a[place], b[place]) for a, b in zip(fp32, exported) if a[place] is not None]
        report[name] = {"questions": len(values), "fp32": figure([a for a, _ in values]), "exported": figure([b for _, b in values]),
                        "difference": figure([b - a for a, b in values])}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


def worth(text: str, branch: dict, sentences: list[str]) -> tuple[float | None, float]:
    """F1 (None where the passage has no answer) and gold correctness."""
    label = judge(text, branch["answers"], branch["sentence"], sentences)
    f1 = token_f1(parse_completion(text).answer or "", branch["answers"]) if branch["answers"] else None
    return f1, float(label == (RIGHT if branch["answers"] else DECLINE))


def figure(values: list[float]) -> dict:
    return {"value": sum(values) / max(1, len(values)), "interval": bootstrap_mean(values)}


if __name__ == "__main__":
    main()
