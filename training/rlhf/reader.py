"""One trunk with two exits: after its first layers it says how relevant a passage is, after all of them where it answers.

The lower layers compute a passage alone, as in `CrossEncoder`, so that one passage serves many questions; the upper ones let
question and passage look at each other (DeFormer, Cao et al. 2020, arXiv 2005.00697, splits a reader in the same way).
"""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import nn

from rlhf.encoder import MASKED, CrossEncoder, Encoder, masked_mean
from rlhf.sentences import sentence_spans
from rlhf.squad import supporting_sentence

NOWHERE = 0  # the place of [CLS]: a span that begins and ends there says that the passage does not answer


class Reader(CrossEncoder):
    """`ranker` scores relevance after `exit_layer` layers; `forward` finds spans after all of them."""

    def __init__(self, encoder: Encoder, exit_layer: int):
        super().__init__(encoder)
        self.exit_layer = exit_layer
        self.span = nn.Linear(encoder.config.width, 2)

    def ranker(self) -> CrossEncoder:
        """The model up to its first exit, with copies of the weights."""
        lower = CrossEncoder(Encoder(replace(self.encoder.config, layers=self.exit_layer)))
        wanted = lower.state_dict()
        lower.load_state_dict({name: value for name, value in self.state_dict().items() if name in wanted})
        return lower

    def forward(self, input_ids, attention_mask, token_type_ids):
        """Pairs as `CrossEncoder` reads them, (B, T) each -> log-probabilities (B, T, 2) of where the answer begins and ends; place 0 = nowhere."""
        hidden = self.lower(input_ids, attention_mask, token_type_ids)
        return self.spans(hidden, attention_mask, token_type_ids)

    def lower(self, input_ids, attention_mask, token_type_ids):
        first = attention_mask * (1 - token_type_ids)  # (B, T), 1 = question
        places = torch.arange(input_ids.shape[1], device=input_ids.device)  # (T,)
        positions = places - token_type_ids * (first.sum(1, keepdim=True) - 1)  # (B, T); a passage starts at 1
        unseen = 1 - attention_mask[:, None, :] * (1 - token_type_ids[:, :, None] * (1 - token_type_ids[:, None, :]))
        bias = MASKED * unseen.float().unsqueeze(1)  # (B, 1, T, T)
        hidden = self.encoder.embed(input_ids, positions, token_type_ids)
        for layer in self.encoder.layers[: self.exit_layer]:
            hidden = layer(hidden, bias)
        return hidden

    def spans(self, hidden, attention_mask, token_type_ids):
        """hidden (B, T, width) of the lower layers -> (B, T, 2)"""
        bias = MASKED * (1.0 - attention_mask[:, None, None, :].float())  # (B, 1, 1, T)
        for layer in self.encoder.layers[self.exit_layer :]:
            hidden = layer(hidden, bias)
        scores = self.span(hidden)  # (B, T, 2)
        nowhere = (torch.arange(hidden.shape[1], device=hidden.device) == NOWHERE).long()  # (T,)
        allowed = (token_type_ids * attention_mask + nowhere).clamp(max=1)  # (B, T)
        return torch.log_softmax(scores + MASKED * (1.0 - allowed.unsqueeze(-1).float()), dim=1)

    def grid_states(self, questions, question_mask, passages, passage_mask):
        """As `grid`, up to the exit -> logits (Q, P), question states (P, Q, Tq, width), passage states (P, Tp, width)"""
        (Q, Tq), (P, Tp) = questions.shape, passages.shape
        question_places, passage_places = torch.arange(Tq), torch.arange(Tp)
        passage = self.encoder.embed(passages, passage_places + 1, torch.ones_like(passage_places))  # (P, Tp, width)
        question = self.encoder.embed(questions, question_places, torch.zeros_like(question_places))  # (Q, Tq, width)
        question = question.reshape(1, Q * Tq, -1).expand(P, -1, -1)  # (P, Q Tq, width)
        passage_bias = MASKED * (1.0 - passage_mask[:, None, None, :].float())  # (P, 1, 1, Tp)
        question_bias = MASKED * (1.0 - question_mask[None, None, :, None, :].float())  # (1, 1, Q, 1, Tq)
        for layer in self.encoder.layers[: self.exit_layer]:
            passage, question = layer.branches(passage, question, passage_bias, question_bias)
        question = question.view(P, Q, Tq, -1)
        mean = masked_mean(question.flatten(0, 1), question_mask.repeat(P, 1)).view(P, Q, -1)  # (P, Q, width)
        about = masked_mean(passage, passage_mask)[:, None].expand_as(mean)  # (P, Q, width)
        return self.read(question[:, :, 0], mean, about).T, question, passage


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
