"""What the reranker learns from: passages, and the questions that they answer."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from rlhf.encoder import passage_text
from rlhf.splits import normalised_title, split_of
from rlhf.squad import normalise_answer, read_squad

TRAINED_ON = {"prompts", "rewards", "demonstrations"}  # splits that may be learnt from


@dataclass
class Corpus:
    """Passages as the models read them, and the questions asked of them."""

    texts: list[str]
    articles: list[str]
    splits: list[str]
    normalised: list[str]  # for finding an answer's words
    questions: list[tuple[str, list[str], int]]  # question, gold answers, index of the gold passage


def read_corpus(source: Path, never: set[str], tiny: bool = False) -> Corpus:
    """`never`: normalised titles of articles that no model may learn from, whatever their split."""
    passages = read_squad(source)
    if tiny:
        kept = {"University_of_Notre_Dame", "Zinc", "Alps", "Frédéric_Chopin", "Buddhism", "Genocide"}
        passages = [p for p in passages if p.title in kept and int(p.id.rsplit("#")[-1]) < 12]
    corpus = Corpus([], [], [], [], [])
    for index, passage in enumerate(passages):
        corpus.texts.append(passage_text(unquote(passage.heading), passage.text))
        corpus.articles.append(passage.title)
        corpus.splits.append("evaluation" if normalised_title(passage.title) in never else split_of(passage.title))
        corpus.normalised.append(f" {normalise_answer(passage.text)} ")
        corpus.questions += [(q.text, q.answers, index) for q in passage.questions if q.answers and len(q.text) > 8]
    return corpus


def holds_answer(corpus: Corpus, index: int, answers: list[str]) -> bool:
    return any(f" {normalise_answer(answer)} " in corpus.normalised[index] for answer in answers)
