"""What the reranker learns from: passages that are hard to tell apart, and questions that one of them answers."""

import collections
import random
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from rlhf.encoder import passage_text
from rlhf.negatives import as_logged_query
from rlhf.retrieval import Bm25, top
from rlhf.splits import normalised_title, split_of
from rlhf.squad import normalise_answer, read_squad

TRAINED_ON = {"prompts", "rewards", "demonstrations"}  # splits that may be learnt from
PASSAGES_A_STEP = 8  # one right, seven wrong for each question
SAME_ARTICLE = 5  # of those, with the first; the others come from other articles
QUESTIONS_A_STEP = 16


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


class Batches:
    """Step number -> passages that are hard to tell apart and questions that one of them answers; the same for the same seed."""

    def __init__(self, corpus: Corpus, vectors: np.ndarray, seed: int):
        self.corpus, self.vectors, self.seed = corpus, vectors, seed
        self.members = [i for i, split in enumerate(corpus.splits) if split in TRAINED_ON]
        self.bm25 = Bm25([corpus.texts[i] for i in self.members])
        self.asked, self.article = collections.defaultdict(list), collections.defaultdict(list)
        learnt = set(self.members)
        for text, answers, gold in corpus.questions:
            if gold in learnt:
                self.asked[gold].append((text, answers))
        for i in self.members:
            self.article[corpus.articles[i]].append(i)
        self.anchors = sorted(self.asked)
        random.Random(seed).shuffle(self.anchors)

    def __getitem__(self, number: int) -> tuple[list[int], list[tuple[str, list[str], int]]]:
        """Indices of PASSAGES_A_STEP passages; questions with their answers and the column of their passage."""
        rng = random.Random(f"{self.seed}:{number}")
        anchor = self.anchors[number % len(self.anchors)]
        siblings = [i for i in self.article[self.corpus.articles[anchor]] if i != anchor]
        near = [siblings[i] for i in top(self.vectors[siblings] @ self.vectors[anchor], 2 * SAME_ARTICLE)] if siblings else []
        passages = [anchor, *rng.sample(near, min(SAME_ARTICLE - 1, len(near)))]
        pool = [(text, answers, column) for column, i in enumerate(passages) for text, answers in self.asked[i]]
        questions = rng.sample(pool, min(QUESTIONS_A_STEP, len(pool)))
        while len(passages) < PASSAGES_A_STEP:
            found = [self.members[i] for i in top(self.bm25.scores(rng.choice(questions)[0]), 60)]
            other = [i for i in found if self.corpus.articles[i] != self.corpus.articles[anchor] and i not in passages]
            passages.append(rng.choice(other[:3]) if other else rng.choice([i for i in self.members if i not in passages]))
        asked = [
            (as_logged_query(text, rng) if rng.random() < 0.2 else text, answers, column) for text, answers, column in questions
        ]
        return passages, asked


def holds_answer(corpus: Corpus, index: int, answers: list[str]) -> bool:
    return any(f" {normalise_answer(answer)} " in corpus.normalised[index] for answer in answers)
