"""Completions of one passage packed for everything that is computed of them: log-probabilities, values, rewards.

    passage | question 1 | decline | completion | completion | question 2 | decline | ...

Each completion stands behind its question, and so does the decline that its score is compared with. Policy, reference and
reward model read the same packed row; the layers they share are computed once (`rlhf/layers.py`).
"""

import copy
from dataclasses import dataclass
from pathlib import Path

import torch

from rlhf.checkpoints import load_policy
from rlhf.hardware import Hardware
from rlhf.layers import decoder_layers, freeze_lower, lower_states, same_lower, upper_states
from rlhf.packing import PackedBatch, Segment, pack
from rlhf.prompts import answer_text, parse_completion, passage_text, question_text, templates
from rlhf.reward import RewardHead
from rlhf.rollout import Completion, sample
from rlhf.rows import encode

MAX_TOKENS = 24  # of a completion, the end token counted


@dataclass
class Episodes:
    """The completions of one passage. E episodes, T = MAX_TOKENS; N = tokens of all episodes, in order of episodes."""

    row: dict
    batch: PackedBatch  # one row; its N labels are the tokens of the episodes
    questions: list[int]  # (E,) index into the row's branches
    completions: list[Completion]  # (E,)
    mask: torch.Tensor  # (E, T) bool
    ends: torch.Tensor  # (E,) position of the token that a score is read at
    declines: torch.Tensor  # (E,) the same for the decline of the episode's question
    lower: torch.Tensor | None = None  # (1, T', hidden) behind the frozen layers

    def spread(self, flat: torch.Tensor) -> torch.Tensor:
        """(N,) -> (E, T), 0 where there is no token."""
        return torch.zeros(self.mask.shape, dtype=flat.dtype).masked_scatter(self.mask, flat)

    @property
    def firsts(self) -> torch.Tensor:
        """(E,) place of each completion's first token among the N."""
        sizes = self.mask.sum(1)
        return sizes.cumsum(0) - sizes

    def declined(self, tokenizer) -> torch.Tensor:
        """(E,) bool"""
        return torch.tensor([parse_completion(text).answer is None for text in self.texts(tokenizer)])

    def texts(self, tokenizer) -> list[str]:
        return [tokenizer.decode(c.tokens) for c in self.completions]


def pack_completions(row: dict, drawn: list[list[Completion]], tokenizer) -> Episodes:
    """`drawn`: one list a question of the row. A completion that did not end gets an end token for scoring, and no target there."""
    end = tokenizer.convert_tokens_to_ids(templates()["end"])
    decline = encode(tokenizer, answer_text(None, None)) + [end]
    segments = [Segment(encode(tokenizer, passage_text(row["title"], row["sentences"])))]
    questions, completions, places, declines = [], [], [], []
    for number, (branch, mine) in enumerate(zip(row["branches"], drawn, strict=True)):
        question = len(segments)
        segments += [Segment(encode(tokenizer, question_text(branch["question"])), 0), Segment(decline, question)]
        for completion in mine:
            tokens = completion.tokens + [end]
            places.append(len(segments))
            declines.append(question + 1)
            segments.append(Segment(tokens, question, [True] * len(completion.tokens) + [completion.ended]))
            questions.append(number)
            completions.append(completion)
    batch = pack([segments], tokenizer.pad_token_id)
    last = torch.tensor(batch.last[0])
    sizes = torch.tensor([len(c.tokens) + c.ended for c in completions])
    mask = torch.arange(max(MAX_TOKENS, int(sizes.max())))[None] < sizes[:, None]
    return Episodes(row, batch, questions, completions, mask, last[places], last[declines])


@dataclass
class Outputs:
    """Of the policy, for the N tokens of the episodes."""

    logprobs: torch.Tensor  # (N,) of the token that was drawn
    logits: torch.Tensor  # (N, vocab)
    states: torch.Tensor  # (N, hidden) what the token was predicted from


class PolicyModels:
    """Policy, the fine-tuned policy it started from, and the reward model; layers that are the same exist once in memory."""

    def __init__(self, policy, reference, reward, head: RewardHead, tokenizer, frozen: int, hardware: Hardware | None = None):
        self.hardware = hardware or Hardware()
        self.policy, self.reference, self.reward, self.head, self.tokenizer, self.frozen = policy, reference, reward, head, tokenizer, frozen
        self.decline = encode(tokenizer, answer_text(None, None))[0]  # the token that a decline begins with
        for model in (policy, reference, reward):
            model.eval()
        for name, model in (("reference", reference), ("reward model", reward)):
            if not same_lower(policy, model, frozen):
                raise SystemExit(f"the lowest {frozen} layers of policy and {name} differ: give --frozen-layers as both were trained with")
            share_lower(model, policy, frozen)
        reference.requires_grad_(False)
        reward.requires_grad_(False)
        head.requires_grad_(False)

    @classmethod
    def load(cls, policy: Path, reward: Path, frozen: int, reference: Path | None = None, hardware: Hardware | None = None,
             lora: int = 0) -> "PolicyModels":
        """`lora`: the policy will only get adapters, so the reference is made of its very weights."""
        model, tokenizer = load_policy(policy)
        shared = {id(p): p for p in model.parameters()} if lora else {}
        other = load_policy(reference)[0] if reference else copy.deepcopy(model, shared)
        if not (reward / "head.pt").exists():
            raise SystemExit(f"{reward}: no reward model there (head.pt is missing)")
        return cls(model, other, load_policy(reward)[0], RewardHead.load(reward), tokenizer, frozen, hardware)

    def train(self, args) -> list[torch.nn.Parameter]:
        """Parameters of the policy that learn; every model laid out as the hardware and the options ask for."""
        freeze_lower(self.policy, self.frozen, args.lora)
        if self.hardware.shards and args.lora:
            self.reference = copy.deepcopy(self.reference)  # spread weights cannot stand in two models
        self.hardware.prepare(self.policy, args.checkpointing)
        self.hardware.prepare(self.reference)
        self.hardware.prepare(self.reward)
        return [p for p in self.policy.parameters() if p.requires_grad]

    @torch.no_grad()
    def roll_out(self, row: dict, samples: int, temperature: float = 1.0, generator: torch.Generator | None = None,
                 greedy_first: bool = False) -> Episodes:
        with self.hardware.whole(self.policy):
            drawn = sample(self.policy, self.tokenizer, row["title"], row["sentences"], [b["question"] for b in row["branches"]],
                           samples, temperature, MAX_TOKENS, greedy_first, generator=generator)
        return self.with_states(pack_completions(row, drawn, self.tokenizer))

    def with_states(self, episodes: Episodes) -> Episodes:
        episodes.lower = lower_states(self.policy, episodes.batch, self.frozen)
        return episodes

    def outputs(self, model, episodes: Episodes) -> Outputs:
        hidden = upper_states(model, episodes.lower, episodes.batch, self.frozen)  # (1, T', hidden)
        states = hidden[0, episodes.batch.sources[:, 1]]  # (N, hidden)
        logits = model.get_output_embeddings()(states).float()  # (N, vocab)
        return Outputs(-torch.nn.functional.cross_entropy(logits, episodes.batch.labels, reduction="none"), logits, states)

    @torch.no_grad()
    def scores(self, episodes: Episodes) -> torch.Tensor:
        """(E,) score(completion) - score(decline of the same question): above 0, better than no answer; a decline has 0."""
        hidden = upper_states(self.reward, episodes.lower, episodes.batch, self.frozen)[0]
        return self.head(hidden[episodes.ends]) - self.head(hidden[episodes.declines])


def share_lower(model, source, layers: int) -> None:
    """`model` uses the embedding and the lowest layers of `source` itself."""
    if layers:
        model.set_input_embeddings(source.get_input_embeddings())
        if model.config.tie_word_embeddings:
            model.get_output_embeddings().weight = model.get_input_embeddings().weight
        for i in range(layers):
            decoder_layers(model)[i] = decoder_layers(source)[i]


def first_questions(row: dict, count: int) -> dict:
    return {**row, "branches": row["branches"][:count]}
