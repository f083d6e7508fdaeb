"""SQuAD train file -> one JSONL file a stage, each line one passage with the questions asked of it.

    python scripts/prepare_data.py --data ../shared/data --out "$WORK/data"

Writes demonstrations, rewards, prompts, calibration and dev (.jsonl) and `card.json` (counts, hashes, what was left out, overlap with each evaluation set);
evaluation.jsonl is `squad/dev-v2.0-a` in the same form: it is measured on and never learnt from or chosen by.
A line: {"id", "title", "sentences": [..], "branches": [{"question", "answers": [..], "sentence": n|null, "kind"}]}.
`kind`: gold, logged (gold question as a search log writes it), sibling, removed, swapped (the last three: unanswerable),
adversarial (written by people to look answerable; evaluation only), retrieved (asked of a search hit; only with --retrieved).
`../data/README.md` describes them one by one.
"""

import argparse
import collections
import hashlib
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.decontamination import SHINGLE_WORDS, evaluation_sets, overlap, shingles_of, titles_and_shingles
from rlhf.negatives import article_names, as_logged_query, sibling_questions, swapped_question
from rlhf.prompt_variants import add_retrieved, vary
from rlhf.splits import normalised_title, split_of
from rlhf.squad import Passage, read_squad

LONGEST_PASSAGE_WORDS = 230


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--instructions", type=share, default=0.0, help="share of demonstrations that stand in an instruction (rlhf/prompt_variants.py)")
    parser.add_argument("--examples", type=share, default=0.0, help="share of demonstrations behind one to three answered questions")
    parser.add_argument("--retrieved", type=share, default=0.0,
                        help="share of passages whose question is also asked of the best BM25 hit that does not answer it")
    args = parser.parse_args()
    source = args.data / "squad/train-v1.1.json.gz"
    if not source.exists():
        sys.exit(f"{source} not found: give the folder of the data sets with --data")
    args.out.mkdir(parents=True, exist_ok=True)

    passages = read_squad(source)
    sets = evaluation_sets(args.data)
    titles, shingles = titles_and_shingles(sets)
    articles: dict[str, list[Passage]] = collections.defaultdict(list)
    dropped = collections.Counter()
    for passage in passages:
        if normalised_title(passage.title) in titles:
            dropped["passages of articles that an evaluation set names"] += 1
        elif shingles & set(shingles_of(passage.text)):
            dropped[f"passages sharing {SHINGLE_WORDS} words with an evaluation set"] += 1
        elif len(passage.text.split()) > LONGEST_PASSAGE_WORDS or len(passage.sentences) < 1:
            dropped[f"passages over {LONGEST_PASSAGE_WORDS} words"] += 1
        else:
            articles[passage.title].append(passage)

    rows: dict[str, list[dict]] = collections.defaultdict(list)
    for title, article in sorted(articles.items()):
        split = split_of(title)
        if split == "samples":
            continue
        rng = random.Random(f"{args.seed}:{title}")
        names = article_names(article)
        for passage in article:
            rows[split].extend(rows_of(passage, article, names, rng))

    for split in ("demonstrations", "rewards", "prompts") if args.retrieved else ():
        print(f"{split}: {add_retrieved(rows[split], random.Random(f'{args.seed}:retrieved:{split}'), args.retrieved)} retrieved distractors")
    if args.instructions or args.examples:
        rows["demonstrations"] = [vary(line, random.Random(f"{args.seed}:variants:{number}"), args.instructions, args.examples)
                                  for number, line in enumerate(rows["demonstrations"])]
    rows["evaluation"] = evaluation_rows(args.data / "squad/dev-v2.0-a.json.gz")
    card = {"source": {"file": source.name, "sha256": sha256(source)}, "seed": args.seed, **variants(args), "leftOut": dict(dropped),
            "overlap": overlap(passages, sets), "files": {}}
    for split, lines in rows.items():
        random.Random(args.seed).shuffle(lines)
        path = args.out / f"{split}.jsonl"
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
        kinds = collections.Counter(branch["kind"] for line in lines for branch in line["branches"])
        card["files"][path.name] = {"articles": len({line["title"] for line in lines}), "rows": len(lines),
                                    "questions": dict(kinds), "sha256": sha256(path)}
    (args.out / "card.json").write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card, indent=2))


def share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, got {text}")
    return value


def variants(args) -> dict:
    chosen = {name: getattr(args, name) for name in ("instructions", "examples", "retrieved") if getattr(args, name)}
    return {"variants": chosen} if chosen else {}


def rows_of(passage: Passage, article: list[Passage], names: list[str], rng: random.Random) -> list[dict]:
    """One row with the passage's own questions and close negatives; sometimes a second one with a sentence removed."""
    branches = []
    answerable = [q for q in passage.questions if q.sentence_number and q.sentence_number <= 30 and len(q.text) > 8]
    for question in answerable[:6]:
        kind = "logged" if rng.random() < 0.2 else "gold"
        text = as_logged_query(question.text, rng) if kind == "logged" else question.text
        branches.append(branch(text, question.answers, question.sentence_number, kind))
    if not branches:
        return []
    for text in sibling_questions(passage, article, rng, 1 + (rng.random() < 0.35)):
        branches.append(branch(as_logged_query(text, rng) if rng.random() < 0.2 else text, [], None, "sibling"))
    for question in rng.sample(answerable, min(1 + (rng.random() < 0.35), len(answerable))):
        text = swapped_question(question, passage, names, rng)
        if text:
            branches.append(branch(text, [], None, "swapped"))
    rows = [row(passage, passage.sentences, branches)]
    if len(passage.sentences) >= 3 and rng.random() < 0.25:
        gone = rng.choice(answerable).sentence_number
        sentences = [s for i, s in enumerate(passage.sentences) if i + 1 != gone]
        text = " ".join(sentences)
        removed = []
        for question in answerable[:6]:
            n = question.sentence_number
            if n != gone:
                removed.append(branch(question.text, question.answers, n - (n > gone), "gold"))
            elif not any(a.lower() in text.lower() for a in question.answers):
                removed.append(branch(question.text, [], None, "removed"))
        if any(b["kind"] == "removed" for b in removed):
            rows.append(row(passage, sentences, removed))
    for line in rows:
        rng.shuffle(line["branches"])
    return rows


def evaluation_rows(path: Path) -> list[dict]:
    rows = []
    for passage in read_squad(path) if path.exists() else []:
        branches = [
            branch(q.text, q.answers, q.sentence_number, "gold" if q.answers else "adversarial")
            for q in passage.questions
            if q.sentence_number or not q.answers
        ]
        if branches and len(passage.text.split()) <= LONGEST_PASSAGE_WORDS:
            rows.append(row(passage, passage.sentences, branches))
    return rows


def branch(question: str, answers: list[str], sentence: int | None, kind: str) -> dict:
    return {"question": question, "answers": answers, "sentence": sentence, "kind": kind}


def row(passage: Passage, sentences: list[str], branches: list[dict]) -> dict:
    return {"id": passage.id, "title": passage.heading, "sentences": sentences, "branches": branches}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
