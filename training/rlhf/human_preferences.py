"""Pairs that people ranked, for measuring a reward model far from what it learnt: HaluQuestQA (Sachdeva et al. 2024, arXiv 2407.11930),
LLMBar (Zeng et al. 2023, arXiv 2310.07641) and PandaLM's human-labelled test set (Wang et al. 2023, arXiv 2306.05087). Evaluation only.
"""

import csv
import gzip
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class HumanPair:
    part: str  # set, and part of it that is reported apart
    prompt: str  # question or instruction
    context: str  # what the instruction is about; may be empty
    better: str
    worse: str


def human_pairs(data: Path) -> list[HumanPair]:
    """Of the sets that lie in the folder of the data sets; ties are left out."""
    return [pair for read in (haluquestqa, llmbar, pandalm) for pair in read(data)]


def haluquestqa(data: Path) -> list[HumanPair]:
    """One expert a pair; the file is separated by tabs in spite of its name."""
    path = data / "haluquestqa/HaluQuestQA.csv"
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    out = []
    for number, row in enumerate(rows, 1):
        answers = {"Answer 1": (row["ans1_text"], row["ans2_text"]), "Answer 2": (row["ans2_text"], row["ans1_text"])}
        if row["ans_preference"] not in answers:
            raise SystemExit(f"{path}: row {number}: field ans_preference is {row['ans_preference']!r}, expected Answer 1 or Answer 2")
        out.append(HumanPair("haluquestqa", row["question_text"], "", *answers[row["ans_preference"]]))
    return out


def llmbar(data: Path) -> list[HumanPair]:
    out = []
    for path in sorted((data / "llmbar").rglob("dataset.json")):
        part = path.parent.name.lower()
        for row in json.loads(path.read_text(encoding="utf-8")):
            better, worse = (row["output_1"], row["output_2"]) if row["label"] == 1 else (row["output_2"], row["output_1"])
            out.append(HumanPair(f"llmbar {part}", row["input"], "", better, worse))
    return out


def pandalm(data: Path) -> list[HumanPair]:
    """Majority of three people; some responses are the JSON value true."""
    path = data / "pandalm/testset-v1.json.gz"
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = json.load(file)
    out = []
    for row in rows:
        winner, votes = Counter(row[f"annotator{i}"] for i in (1, 2, 3)).most_common(1)[0]
        if winner in (1, 2) and votes >= 2:
            texts = [str(row["response1"]), str(row["response2"])]
            out.append(HumanPair("pandalm", row["instruction"], row["input"], texts[winner - 1], texts[2 - winner]))
    return out
