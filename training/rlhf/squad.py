"""SQuAD files as passages with questions, gold answers tied to the sentence that supports them; plus SQuAD's own scores."""

import collections
import gzip
import json
import re
import string
from dataclasses import dataclass, field
from pathlib import Path

from rlhf.sentences import sentence_spans

_WORD = re.compile(r"\w+")
STOP_WORDS = frozenset(
    "a an the of in on at to for from by with and or is are was were be been did do does what which who whom whose when "
    "where why how many much that this it its as had has have name there into their his her he she they after before".split()
)


@dataclass
class Question:
    id: str
    text: str
    answers: list[str]  # empty: unanswerable
    sentence_number: int | None = None  # 1-based; the sentence of the first answer


@dataclass
class Passage:
    id: str
    title: str  # as in the file
    text: str
    sentences: list[str]
    questions: list[Question] = field(default_factory=list)

    @property
    def heading(self) -> str:
        return self.title.replace("_", " ")


def read_squad(path: Path) -> list[Passage]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    passages = []
    for article in articles:
        for index, paragraph in enumerate(article["paragraphs"]):
            spans = sentence_spans(paragraph["context"])
            passage = Passage(
                f"{article['title']}#{index}",
                article["title"],
                paragraph["context"],
                [paragraph["context"][start:end] for start, end in spans],
            )
            for qa in paragraph["qas"]:
                answers = list(dict.fromkeys(a["text"].strip() for a in qa["answers"] if a["text"].strip()))
                number = supporting_sentence(passage.sentences, qa["question"], answers[0]) if answers else None
                passage.questions.append(Question(qa["id"], qa["question"].strip(), answers, number))
            passages.append(passage)
    return passages


def supporting_sentence(sentences: list[str], question: str, answer: str) -> int | None:
    """1-based number of the sentence that holds the answer. The file gives the first occurrence only, and one answer in
    ten stands in several sentences: the one that shares most words with the question is meant. None: in no sentence
    (the answer crosses a boundary)."""
    wanted = content_words(question)
    holding = [i for i, sentence in enumerate(sentences) if answer in sentence]
    return max(holding, key=lambda i: (len(wanted & content_words(sentences[i])), -i)) + 1 if holding else None


def content_words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.lower()) if word not in STOP_WORDS}


def normalise_answer(text: str) -> str:
    """SQuAD's normalisation: lower case, no punctuation, no articles, single spaces."""
    text = "".join(ch for ch in text.lower() if ch not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def exact_match(prediction: str, golds: list[str]) -> float:
    return float(any(normalise_answer(prediction) == normalise_answer(gold) for gold in golds))


def token_f1(prediction: str, golds: list[str]) -> float:
    """Best token F1 over the gold answers, 0..1."""
    return max((_f1(normalise_answer(prediction).split(), normalise_answer(g).split()) for g in golds), default=0.0)


def _f1(predicted: list[str], gold: list[str]) -> float:
    if not predicted or not gold:
        return float(predicted == gold)
    common = sum((collections.Counter(predicted) & collections.Counter(gold)).values())
    if common == 0:
        return 0.0
    precision, recall = common / len(predicted), common / len(gold)
    return 2 * precision * recall / (precision + recall)


RIGHT_F1 = 0.7  # an answer is right from this token F1 on


def is_right(prediction: str, golds: list[str]) -> bool:
    return token_f1(prediction, golds) >= RIGHT_F1
