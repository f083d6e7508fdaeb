"""What the guards learn from and are measured on. Every reader names its file, so that the manifest can hold its hash."""

import csv
import gzip
import hashlib
import json
from pathlib import Path

from rlhf.splits import split_of

OWN = Path(__file__).resolve().parents[1] / "data/guards"
UNCLEAR = "unclear"


def own_rows(file: str) -> list[tuple[str, str]]:
    """(label, text) of our own sentences."""
    return [tuple(line.split("\t")) for line in (OWN / file).read_text().splitlines()]


def dialogues(data: Path) -> list[dict]:
    """`first`: what the person says first; `chosen`, `rejected`: the last reply of each."""
    rows = []
    with gzip.open(data / "hh-rlhf/harmless-base.test.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            first = row["chosen"].split("\n\nAssistant:")[0].replace("\n\nHuman: ", "", 1)
            last = {side: row[side].rsplit("\n\nAssistant:", 1)[-1].strip() for side in ("chosen", "rejected")}
            rows.append({"first": " ".join(first.split()), **last})
    return rows


def labelled_turns(data: Path) -> list[tuple[str, str, str]]:
    """(label, part, text): first turns of `hh-rlhf`, read and labelled by one person; part is `train` or `evaluation`.

    The labels stand beside a hash of the text, since many of the texts should not be printed again.
    """
    labels = {}
    for line in (OWN / "hh-labels.tsv").read_text().splitlines():
        key, label, part = line.split("\t")
        labels[key] = (label, part)
    turns = dict.fromkeys(row["first"] for row in dialogues(data))
    found = [(*labels[key], text) for text in turns if (key := hashlib.sha256(text.encode()).hexdigest()[:16]) in labels]
    return [row for row in found if row[0] != UNCLEAR]


def logged_queries(data: Path, part: str) -> list[str]:
    """Queries of people, without the question mark that all of them carry."""
    with open(data / f"query-wellformedness/{part}.tsv", encoding="utf-8") as file:
        return [row[0].strip().removesuffix("?").strip() for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def squad_paragraphs(data: Path, splits: tuple[str, ...] | None) -> list[dict]:
    """`title`, `context`, `questions` and `answers` (text, start) of the train file in these splits; `None`: the evaluation file."""
    name = "dev-v2.0-a" if splits is None else "train-v1.1"
    with gzip.open(data / f"squad/{name}.json.gz", "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    return [
        {
            "title": article["title"].replace("_", " "),
            "context": paragraph["context"],
            "questions": [" ".join(qa["question"].split()) for qa in paragraph["qas"]],
            "answers": [[(answer["text"], answer["answer_start"]) for answer in qa["answers"]] for qa in paragraph["qas"]],
        }
        for article in articles
        if splits is None or split_of(article["title"]) in splits
        for paragraph in article["paragraphs"]
    ]


def attacks(data: Path) -> dict[str, list[str]]:
    """Attack kind to its texts."""
    kinds = {}
    for file in ("text_attack_train.json", "code_attack_train.json"):
        kinds.update(json.loads((data / "bipia" / file).read_text()))
    return kinds


def emails(data: Path) -> list[str]:
    rows = [json.loads(line) for line in (data / "bipia/email/train.jsonl").read_text().splitlines()]
    return sorted({row["context"] if isinstance(row["context"], str) else "\n".join(row["context"]) for row in rows})
