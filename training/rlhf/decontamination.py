"""What no stage may learn: titles and word sequences of every evaluation set at hand, and how much of each there was to leave out."""

import csv
import gzip
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from rlhf.human_preferences import human_pairs
from rlhf.splits import normalised_title
from rlhf.squad import Passage, normalise_answer, read_squad

SHINGLE_WORDS = 13  # shared runs of this many words count as the same text


@dataclass
class EvaluationSet:
    titles: set[str] = field(default_factory=set)  # normalised, of the articles it was made from
    texts: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def shingles(self) -> set[int]:
        return {shingle for text in self.texts for shingle in shingles_of(text)}


def evaluation_sets(data: Path) -> dict[str, EvaluationSet]:
    """By name, of the folder `data`; sets that are not there are empty. (CMRC is Chinese; the others are search collections.)"""
    sets: dict[str, EvaluationSet] = defaultdict(EvaluationSet)
    dev = data / "squad/dev-v2.0-a.json.gz"
    for passage in read_squad(dev) if dev.exists() else []:
        sets["squad/dev-v2.0-a"].titles.add(normalised_title(passage.title))
        sets["squad/dev-v2.0-a"].texts.append(passage.text)
        sets["squad/dev-v2.0-a"].questions += [question.text for question in passage.questions]
    for path in sorted((data / "clapnq").glob("*.jsonl.gz")):
        for line in read_lines(path):
            sets["clapnq"].questions.append(line["input"])
            for passage in line["passages"]:
                sets["clapnq"].titles.add(normalised_title(passage["title"]))
                sets["clapnq"].texts.append(passage["text"])
    for path in sorted((data / "quotesum").rglob("*.jsonl.gz")):
        for line in read_lines(path):
            sets["quotesum"].questions.append(line["question"])
            for i in range(1, 9):
                if line.get(f"title{i}"):
                    sets["quotesum"].titles.add(normalised_title(line[f"title{i}"]))
                    sets["quotesum"].texts.append(line[f"source{i}"])
    for path in sorted((data / "wice").glob("*.jsonl.gz")):
        for line in read_lines(path):
            sets["wice"].titles.add(normalised_title(line["meta"]["claim_title"]))
            sets["wice"].texts.append(line["claim"])
    for path in sorted((data / "begin").glob("*.tsv")):
        with open(path, encoding="utf-8", newline="") as file:
            sets["begin"].texts += [row["knowledge"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    for pair in human_pairs(data):
        name = pair.part.split()[0]
        sets[name].texts += [pair.prompt, pair.context, pair.better, pair.worse]
        sets[name].questions.append(pair.prompt)
    for path in sorted((data / "hh-rlhf").glob("*.jsonl.gz")):
        for line in read_lines(path):
            sets["hh-rlhf"].texts += [line["chosen"], line["rejected"]]
    for path in sorted((data / "nq-open").glob("*.jsonl")):
        sets["nq-open"].questions += [line["question"] for line in read_lines(path)]
    return dict(sets)


def titles_and_shingles(sets: dict[str, EvaluationSet]) -> tuple[set[str], set[int]]:
    return {title for one in sets.values() for title in one.titles}, {shingle for one in sets.values() for shingle in one.shingles()}


def evaluation_texts(data: Path) -> tuple[set[str], set[int]]:
    """Titles and word shingles of every evaluation set in the folder `data`."""
    return titles_and_shingles(evaluation_sets(data))


def overlap(passages: list[Passage], sets: dict[str, EvaluationSet]) -> dict[str, dict[str, int]]:
    """For each set: passages of an article that it names, passages that share a run of words with one of its texts, questions that it
    asks too. A passage counts for every set that it meets."""
    shingles, titles = [set(shingles_of(p.text)) for p in passages], [normalised_title(p.title) for p in passages]
    asked = [normalise_answer(q.text) for p in passages for q in p.questions]
    report = {}
    for name, one in sets.items():
        own, questions = one.shingles(), {normalise_answer(q) for q in one.questions}
        report[name] = {"texts": len(one.texts), "questions": len(one.questions), "passagesOfItsArticles": sum(t in one.titles for t in titles),
                        "passagesSharingWords": sum(not s.isdisjoint(own) for s in shingles), "sameQuestions": sum(q in questions for q in asked)}
    return report


def shingles_of(text: str) -> list[int]:
    words = [w.strip(".,;:!?\"'()[]").lower() for w in text.split()]
    return [hash(tuple(words[i : i + SHINGLE_WORDS])) for i in range(len(words) - SHINGLE_WORDS + 1)]


def read_lines(path: Path):
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise SystemExit(f"{path}:{number}: not JSON ({error.msg})") from error
