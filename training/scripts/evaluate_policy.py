"""The policy with the gold passage at hand: EM and F1 when made to answer and with its own refusals, pointer, refusing.

    python scripts/evaluate_policy.py --policy "$WORK/sft" --rows "$WORK/data/dev.jsonl" --limit 60 --out "$WORK/sft/dev.json"

When made to answer, the first token of the decline is forbidden. AUC: probability that a question without evidence gets a
higher probability of declining than one with evidence, for each kind of question without evidence.
"""

import argparse
import collections
import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.candidates import judge
from rlhf.checkpoints import load_policy
from rlhf.intervals import auc, bootstrap_mean
from rlhf.prompts import parse_completion
from rlhf.rollout import sample
from rlhf.rows import read_rows
from rlhf.squad import exact_match, token_f1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=60)
    args = parser.parse_args()
    model, tokenizer = load_policy(args.policy)
    model.eval()
    values, declines = collections.defaultdict(list), collections.defaultdict(list)
    for row in read_rows(args.rows, args.limit):
        questions = [b["question"] for b in row["branches"]]
        own = sample(model, tokenizer, row["title"], row["sentences"], questions, 1)
        forced = sample(model, tokenizer, row["title"], row["sentences"], questions, 1, forbid_decline=True)
        for branch, [free], [made] in zip(row["branches"], own, forced):
            text = tokenizer.decode(free.tokens)
            declined = parse_completion(text).answer is None
            declines[branch["kind"] if not branch["answers"] else "answerable"].append(free.decline_logprob)
            if branch["answers"]:
                answer = parse_completion(tokenizer.decode(made.tokens)).answer or ""
                label = judge(tokenizer.decode(made.tokens), branch["answers"], branch["sentence"], row["sentences"])
                values["emForced"].append(exact_match(answer, branch["answers"]))
                values["f1Forced"].append(token_f1(answer, branch["answers"]))
                values["wellCited"].append(float(label in ("right", "partial")))
                values["refusalWrong"].append(float(declined))
                values["f1"].append(0.0 if declined else token_f1(parse_completion(text).answer, branch["answers"]))
            else:
                values[f"refusalRight {branch['kind']}"].append(float(declined))
    report = {k: {"value": sum(v) / len(v), "interval": bootstrap_mean(v), "questions": len(v)} for k, v in sorted(values.items())}
    known = declines.pop("answerable", [])
    for kind, scores in sorted(declines.items()):
        report[f"declineAuc {kind}"] = {"value": auc(scores + known, [True] * len(scores) + [False] * len(known)), "questions": len(scores)}
    args.out.write_text(json.dumps(report, indent=2) + "\n")
    for name, figure in report.items():
        interval = "  {:.3f} to {:.3f}".format(*figure["interval"]) if "interval" in figure else ""
        print(f"{name:28} {figure['value']:.3f}{interval}  ({figure['questions']} questions)")


if __name__ == "__main__":
    torch.manual_seed(1)
    main()
