"""The reward model: the policy's trunk with a scalar head on a candidate's end token, learnt from ranked pairs.

A score means something only beside another one of the same passage and question. Declining is always among the
candidates, so `score(answer) - score(decline)` is what is used everywhere: the log-odds that people would rather see the
answer than none.
"""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from rlhf.candidates import better, pair_kind
from rlhf.packing import PackedBatch, Segment, hidden_states
from rlhf.prompts import passage_text, question_text, templates
from rlhf.rows import encode


class RewardHead(nn.Module):
    """(.., hidden) -> (..) raw score, normalised to mean 0 and deviation 1 on demonstrations once `mean`, `std` are set."""

    def __init__(self, hidden: int):
        super().__init__()
        self.linear = nn.Linear(hidden, 1)
        nn.init.normal_(self.linear.weight, std=1 / (hidden + 1) ** 0.5)
        nn.init.zeros_(self.linear.bias)
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("std", torch.ones(()))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return (self.linear(hidden)[..., 0] - self.mean) / self.std

    def save(self, folder: Path) -> None:
        torch.save({"weight": self.linear.weight.detach(), "bias": self.linear.bias.detach(), "mean": self.mean, "std": self.std},
                   folder / "head.pt")

    @classmethod
    def load(cls, folder: Path) -> "RewardHead":
        saved = torch.load(folder / "head.pt", map_location=torch.get_default_device())
        head = cls(saved["weight"].shape[1])
        head.linear.weight.data, head.linear.bias.data = saved["weight"], saved["bias"]
        head.mean, head.std = saved["mean"], saved["std"]
        return head


@dataclass
class RankedRow:
    """One passage, packed: root, questions behind it, candidates behind their question."""

    segments: list[Segment]
    candidates: list[list[int]] = field(default_factory=list)  # [question][candidate] -> segment index
    pairs: list[tuple[int, int, str]] = field(default_factory=list)  # (better segment, worse segment, kind)
    labels: list[list[str]] = field(default_factory=list)
    sources: dict[int, str] = field(default_factory=dict)  # segment of a candidate -> where it came from
    details: list[dict] = field(default_factory=list)  # the branch each question came from


def ranked_row(row: dict, tokenizer, longest_candidate: int = 48) -> RankedRow:
    end = tokenizer.convert_tokens_to_ids(templates()["end"])
    out = RankedRow([Segment(encode(tokenizer, passage_text(row["title"], row["sentences"])))])
    for branch in row["branches"]:
        question = len(out.segments)
        out.segments.append(Segment(encode(tokenizer, question_text(branch["question"])), 0))
        places, labels = [], []
        for candidate in branch["candidates"]:
            tokens = encode(tokenizer, candidate["text"])[:longest_candidate] + [end]
            places.append(len(out.segments))
            labels.append(candidate["label"])
            out.sources[len(out.segments)] = candidate.get("source", "")
            out.segments.append(Segment(tokens, question))
        for i, one in enumerate(labels):
            for j, other in enumerate(labels):
                if better(one, other):
                    out.pairs.append((places[i], places[j], pair_kind(one, other, bool(branch["answers"]))))
        out.candidates.append(places)
        out.labels.append(labels)
        out.details.append(branch)
    return out


def scores(model, head: RewardHead, batch: PackedBatch) -> list[torch.Tensor]:
    """For each row (segments,): the score at the last token of every segment."""
    hidden = hidden_states(model, batch)  # (B, T, hidden)
    return [head(hidden[row, torch.tensor(last)]) for row, last in enumerate(batch.last)]


class LengthTerm(nn.Module):
    """What length alone explains of a preference: a learnt coefficient on the difference of lengths, in training only.

    The pair's log-odds are r_better - r_worse + w (length_better - length_worse); when candidates are scored the second part is left
    out, so that the score itself has no reason to follow length (a head of its own for length, as in ODIN, Chen et al. 2024, arXiv
    2402.07319, here with the one feature that length is).
    """

    def __init__(self, unit: float = 0.2):
        super().__init__()
        self.unit = unit  # tokens; a small one, so that the coefficient learns before the layers do
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, better: torch.Tensor, worse: torch.Tensor) -> torch.Tensor:
        """(P,) from the pairs' lengths in tokens, (P,) each."""
        return self.weight * (better - worse).float() / self.unit


def pairwise_loss(better: torch.Tensor, worse: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """-log sigmoid(r_better - r_worse), weighted mean (Ouyang et al. 2022, equation 1; Bradley and Terry 1952).

    better, worse, weights: (P,). All pairs of a question are in one batch element, as the paper does, so that a candidate
    is read once however many pairs it stands in.
    """
    return -(nn.functional.logsigmoid(better - worse) * weights).sum() / weights.sum().clamp_min(1e-8)


# How much each kind counts in the loss as a whole, whatever its share of the pairs. Without this a reward model learns to
# love declining: it is ranked above every wrong candidate of every question.
KIND_SHARES = {
    "right > decline": 1.5,
    "decline > wrong (no evidence)": 1.0,
    "right > wrong": 1.0,
    "right > miscited": 0.6,
    "decline > wrong": 0.5,
    "right > partial": 0.25,
    "partial > wrong": 0.25,
    "decline > miscited": 0.2,
    "miscited > wrong": 0.3,
}


def kind_weights(rows: list[RankedRow]) -> dict[str, float]:
    counts: dict[str, int] = {}
    for row in rows:
        for _, _, kind in row.pairs:
            counts[kind] = counts.get(kind, 0) + 1
    total = sum(counts.values())
    shares = sum(KIND_SHARES.get(kind, 0.1) for kind in counts)
    return {kind: KIND_SHARES.get(kind, 0.1) / shares * total / count for kind, count in counts.items()}


# What a policy may be trained on: pairs around declining are where a policy finds a weak reward model's favour first.
TRUSTED_KINDS = {"right > decline": 0.80, "decline > wrong": 0.80, "decline > wrong (no evidence)": 0.80}


def untrusted(kinds: dict[str, dict], least: float = 0.70, fewest_pairs: int = 20) -> list[str]:
    """Why a reward model does not earn trust yet, by its held-out accuracy of each kind of pair; empty: it does.

    kinds: kind -> {"value": 0..1, "pairs": count}. Every kind with at least `fewest_pairs` must reach `least`, those of
    TRUSTED_KINDS more, and those must be there.
    """
    reasons = [f"{kind}: fewer than {fewest_pairs} held-out pairs" for kind in TRUSTED_KINDS
               if kinds.get(kind, {"pairs": 0})["pairs"] < fewest_pairs]
    for kind, figure in sorted(kinds.items()):
        wanted = TRUSTED_KINDS.get(kind, least)
        if figure["pairs"] >= fewest_pairs and figure["value"] < wanted:
            reasons.append(f"{kind}: {100 * figure['value']:.1f} % of {figure['pairs']} pairs, wanted {100 * wanted:.0f} %")
    return reasons
