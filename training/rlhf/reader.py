"""A reader: where in a passage the answer to a question stands, or that it stands nowhere in it (BERT, Devlin et al. 2019,
arXiv 1810.04805, section 4.2, and section 4.3 for "nowhere").

It is two things at once. As reranker it orders passages by how surely the answer stands in them. Beside the generator it is a
second opinion: it knows nothing of what the generator wrote and marks the words that it would have chosen.
"""

import random
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import nn

from rlhf.encoder import MASKED, Encoder
from rlhf.negatives import article_names, as_logged_query, sibling_questions, swapped_question
from rlhf.reranking import TRAINED_ON, Corpus, holds_answer
from rlhf.retrieval import Bm25, top
from rlhf.sentences import sentence_spans
from rlhf.squad import Passage, Question, supporting_sentence

NOWHERE = 0  # the place of [CLS]: a span that begins and ends there says that the passage does not answer
PASSAGES_A_STEP = 8
QUESTIONS_A_PASSAGE = 3
FOUND_SHARE = 0.25  # questions shown with a passage, too, that retrieval finds for them and that lacks the answer
SWAPPED_SHARE = 0.5  # questions shown, too, with a name, number or direction changed so that their passage does not answer
SIBLING_SHARE = 0.25  # questions beside which their passage is asked what a passage beside it answers
LOGGED_SHARE = 0.2  # questions in the form of a search log


class Reader(nn.Module):
    """Question and passage look at each other in all layers."""

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder = encoder
        self.span = nn.Linear(encoder.config.width, 2)

    def forward(self, input_ids, attention_mask, token_type_ids):
        """Pairs, (B, T) each: [CLS] question [SEP] of type 0, passage [SEP] of type 1, whose positions begin at 1
        -> (relevance (B,), log-probabilities (B, T, 2) of where the answer begins and ends; place 0 = nowhere).
        Relevance is the log-odds that it begins somewhere and that it ends somewhere, the mean of both."""
        first = attention_mask * (1 - token_type_ids)  # (B, T), 1 = question
        places = torch.arange(input_ids.shape[1], device=input_ids.device)  # (T,)
        positions = places - token_type_ids * (first.sum(1, keepdim=True) - 1)  # (B, T)
        bias = MASKED * (1.0 - attention_mask[:, None, None, :].float())  # (B, 1, 1, T)
        scores = self.span(self.encoder(input_ids, positions, token_type_ids, bias))  # (B, T, 2)
        allowed = (token_type_ids * attention_mask + (places == NOWHERE).long()).clamp(max=1)  # (B, T)
        scores = scores + MASKED * (1.0 - allowed.unsqueeze(-1).float())
        relevance = (torch.logsumexp(scores[:, NOWHERE + 1 :], dim=1) - scores[:, NOWHERE]).mean(1)  # (B,)
        return relevance, torch.log_softmax(scores, dim=1)


def kept_layers(all_layers: int, kept: int) -> list[int]:
    """Which layers a smaller model begins with: evenly spaced, with the last."""
    if not 0 < kept <= all_layers:
        raise ValueError(f"expected 1 to {all_layers} layers, received {kept}")
    return [(i + 1) * all_layers // kept - 1 for i in range(kept)]


def with_layers(encoder: Encoder, layers: int) -> Encoder:
    """A new encoder with copies of some of the layers and of everything around them."""
    small = Encoder(replace(encoder.config, layers=layers))
    around = {name: value for name, value in encoder.state_dict().items() if not name.startswith("layers.")}
    small.load_state_dict(around, strict=False)
    for own, index in zip(small.layers, kept_layers(len(encoder.layers), layers)):
        own.load_state_dict(encoder.layers[index].state_dict())
    return small


def divergence(log_probabilities: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Log-probabilities (B, T, 2) of student and teacher -> mean over pairs of KL(teacher || student) of begin and end (Hinton
    et al. 2015, temperature 1), half of each."""
    return F.kl_div(log_probabilities, teacher, reduction="sum", log_target=True) / (2 * len(teacher))


@dataclass(frozen=True)
class Reading:
    """A question before a passage, by its index in the corpus; answers None = it does not answer."""

    question: str
    passage: int
    answers: list[str] | None


class Readings:
    """Step number -> what is read in it; the same for the same seed. Few questions of many passages: gradients of many
    questions of one passage are so much alike that nothing was learnt from them."""

    def __init__(self, corpus: Corpus, seed: int):
        self.corpus, self.seed = corpus, seed
        self.members = [i for i, split in enumerate(corpus.splits) if split in TRAINED_ON]
        self.bm25 = Bm25([corpus.texts[i] for i in self.members])
        self.asked = {i: [] for i in self.members}
        for text, answers, gold in corpus.questions:
            if gold in self.asked:
                self.asked[gold].append((text, answers))
        self.anchors = sorted(i for i, asked in self.asked.items() if asked)
        random.Random(seed).shuffle(self.anchors)
        self.passages = {i: self.passage(i) for i in self.members}
        self.articles: dict[str, list[Passage]] = {}
        for i in self.members:
            self.articles.setdefault(corpus.articles[i], []).append(self.passages[i])
        self.names = {title: article_names(passages) for title, passages in self.articles.items()}

    def passage(self, index: int) -> Passage:
        questions = [Question("", text, answers) for text, answers in self.asked[index]]
        return Passage(str(index), self.corpus.articles[index], self.corpus.texts[index], [], questions)

    def __getitem__(self, number: int) -> list[Reading]:
        rng, readings = random.Random(f"{self.seed}:{number}"), []
        for place in range(PASSAGES_A_STEP):
            index = self.anchors[(number * PASSAGES_A_STEP + place) % len(self.anchors)]
            for text, answers in rng.sample(self.asked[index], min(QUESTIONS_A_PASSAGE, len(self.asked[index]))):
                asked = as_logged_query(text, rng) if rng.random() < LOGGED_SHARE else text
                readings.append(Reading(asked, index, answers))
                if rng.random() < FOUND_SHARE:
                    readings += self.found(asked, answers, index, rng)
                passage, article = self.passages[index], self.corpus.articles[index]
                if rng.random() < SWAPPED_SHARE:
                    changed = swapped_question(Question("", text, answers), passage, self.names[article], rng)
                    readings += [Reading(changed, index, None)] if changed else []
                if rng.random() < SIBLING_SHARE:
                    others = sibling_questions(passage, self.articles[article], rng, 4)
                    readings += [Reading(rng.choice(others), index, None)] if others else []
        return readings

    def found(self, question: str, answers: list[str], gold: int, rng: random.Random) -> list[Reading]:
        ranked = [self.members[i] for i in top(self.bm25.scores(question), 12)]
        others = [i for i in ranked if i != gold and not holds_answer(self.corpus, i, answers)]
        return [Reading(question, rng.choice(others[:6]), None)] if others else []


@dataclass(frozen=True)
class Place:
    """Tokens of a passage, from `begin` to `end` inclusive, counted from the passage's first."""

    begin: int
    end: int


def answer_place(text: str, offsets: list[tuple[int, int]], question: str, answers: list[str]) -> Place | None:
    """Where the first answer stands: in the sentence that shares most words with the question, where it occurs twice.
    None where no token of those in `offsets` (the passage may have been cut) begins or ends it."""
    spans = sentence_spans(text)
    number = supporting_sentence([text[begin:end] for begin, end in spans], question, answers[0])
    begin = text.find(answers[0], spans[number - 1][0]) if number is not None else text.find(answers[0])
    if begin < 0:
        return None
    end = begin + len(answers[0])
    first = next((i for i, (_, stop) in enumerate(offsets) if stop > begin), None)
    last = next((i for i in reversed(range(len(offsets))) if offsets[i][0] < end), None)
    if first is None or last is None or last < first or offsets[-1][1] < end:
        return None
    return Place(first, last)


def span_loss(log_probabilities: torch.Tensor, begins: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    """log_probabilities (N, T, 2), begins and ends (N,) -> mean negative log-likelihood of both (BERT, Devlin et al. 2019)."""
    return (F.nll_loss(log_probabilities[..., 0], begins) + F.nll_loss(log_probabilities[..., 1], ends)) / 2


def best_span(log_probabilities: torch.Tensor, passage_from: int, longest: int = 30) -> tuple[int, int, float]:
    """(T, 2) -> begin and end (inclusive) of the likeliest span at or behind `passage_from`, and its log-probability."""
    begin, end = log_probabilities[passage_from:, 0], log_probabilities[passage_from:, 1]
    scores = begin[:, None] + end[None]  # (T', T')
    scores = scores + MASKED * (1 - torch.ones_like(scores).triu().tril(longest - 1))
    place = int(scores.argmax())
    first, last = divmod(place, scores.shape[1])
    return passage_from + first, passage_from + last, float(scores.flatten()[place])
