import sys
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))


class CharacterTokenizer:
    """A token a character and one for the end: enough for every rule that does not depend on a vocabulary."""

    pad_token_id = 0
    end = 1

    def encode(self, text, add_special_tokens=False):
        return [2 + ord(ch) % 126 for ch in text]

    def convert_tokens_to_ids(self, token):
        return self.end

    def decode(self, tokens):
        return "".join(chr(t - 2) for t in tokens if t >= 2)

    def save_pretrained(self, folder):
        pass


@pytest.fixture
def tokenizer():
    return CharacterTokenizer()


@pytest.fixture
def tiny_model():
    torch.manual_seed(0)
    config = LlamaConfig(vocab_size=128, hidden_size=32, intermediate_size=64, num_hidden_layers=3, num_attention_heads=4,
                         num_key_value_heads=2, max_position_embeddings=1024, tie_word_embeddings=True, pad_token_id=0)
    return LlamaForCausalLM(config).eval()


@pytest.fixture
def row():
    return {
        "id": "Alps#0",
        "title": "Alps",
        "sentences": ["Mont Blanc is 4808 m high.", "It was first climbed in 1786."],
        "branches": [
            {"question": "How high is Mont Blanc?", "answers": ["4808 m"], "sentence": 1, "kind": "gold"},
            {"question": "When was it first climbed?", "answers": ["1786"], "sentence": 2, "kind": "gold"},
            {"question": "Who climbed the Eiger?", "answers": [], "sentence": None, "kind": "sibling"},
        ],
    }
