"""A random policy and reward model of a few kilobytes, with a tokenizer of bytes, for tests."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def tiny_tokenizer(path: Path) -> int:
    """Writes a tokenizer.json of the real one's kind: byte-level, digits apart. Returns the size of its vocabulary."""
    words = ["Ġ[", "Ġthe", "Ġun", "answer", "able", "Ġin", "Ġof", "Qu", "Ġa", "er", "on"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary, merges = {token: i for i, token in enumerate(SPECIAL + alphabet)}, []
    for word in words:
        parts = list(word)
        while len(parts) > 1:
            pair = (parts[0], parts[1])
            joined = "".join(pair)
            if pair not in merges:
                merges.append(pair)
                vocabulary.setdefault(joined, len(vocabulary))
            parts = [joined, *parts[2:]]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                       pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIAL)
    path.write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False))
    return tokenizer.get_vocab_size()


def tiny_model(vocabulary: int, seed: int = 1) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    config = LlamaConfig(vocab_size=vocabulary, hidden_size=64, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2,
                         head_dim=16, intermediate_size=128, rms_norm_eps=1e-5, tie_word_embeddings=True, pad_token_id=0,
                         rope_parameters={"rope_theta": 100000.0, "rope_type": "default"})
    model = LlamaForCausalLM(config).eval()
    for parameter in model.parameters():
        parameter.data.normal_(0, 0.15) if parameter.dim() > 1 else parameter.data.uniform_(0.5, 1.5)
    return model


def random_head(hidden: int, seed: int = 2) -> dict:
    generator = torch.Generator().manual_seed(seed)
    return {"weight": torch.randn(1, hidden, generator=generator) / hidden**0.5, "bias": torch.zeros(1), "mean": 0.0, "std": 1.0}
