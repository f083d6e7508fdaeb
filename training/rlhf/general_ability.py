"""What a policy still knows of language beside its task: measured before and after, this is the alignment tax."""

import math
import random

import torch

from rlhf.rows import encode


@torch.no_grad()
def token_logprobs(model, ids: list[int]) -> torch.Tensor:
    """(T - 1,) log-probability of each token after the first."""
    logprobs = torch.log_softmax(model(torch.tensor([ids])).logits[0, :-1].float(), -1)
    return logprobs.gather(1, torch.tensor(ids[1:])[:, None])[:, 0]


def perplexity(model, tokenizer, texts: list[str], longest: int = 256) -> float:
    """exp(mean negative log-probability of a token) over the first `longest` tokens of each text."""
    logprobs = torch.cat([token_logprobs(model, ids) for ids in (encode(tokenizer, text)[:longest] for text in texts) if len(ids) > 1])
    return math.exp(-logprobs.mean().item())


def continuation_logprob(model, tokenizer, context: str, continuation: str) -> float:
    """Mean log-probability of a token of `continuation` behind `context`."""
    before, after = encode(tokenizer, context), encode(tokenizer, continuation)
    return token_logprobs(model, before + after)[-len(after) :].mean().item()


def next_sentence_choice(model, tokenizer, passages: list[list[str]], rng: random.Random, choices: int = 4) -> list[float]:
    """1 where the true next sentence is likelier than `choices` - 1 sentences of other passages; chance is 1 / choices."""
    out = []
    for i, sentences in enumerate(passages):
        others = [s for j, p in enumerate(passages) if j != i for s in p]
        if len(sentences) < 2 or len(others) < choices - 1:
            continue
        context = " ".join(sentences[:-1])
        options = [sentences[-1], *rng.sample(others, choices - 1)]
        values = [continuation_logprob(model, tokenizer, context, f" {option}") for option in options]
        out.append(float(values[0] == max(values)))
    return out


@torch.no_grad()
def last_word(model, tokenizer, passages: list[list[str]]) -> list[float]:
    """1 where every token of the passage's last word is the likeliest one (as in LAMBADA, arXiv 1606.06031)."""
    out = []
    for sentences in passages:
        words = " ".join(sentences).rstrip(" .!?\"')]").rsplit(" ", 1)
        if len(words) < 2 or not words[1]:
            continue
        before, after = encode(tokenizer, words[0]), encode(tokenizer, f" {words[1]}")
        best = model(torch.tensor([before + after])).logits[0, len(before) - 1 : -1].argmax(-1)
        out.append(float(best.tolist() == after))
    return out


def addition(model, tokenizer, count: int, rng: random.Random) -> list[float]:
    """1 where the right sum of two numbers under 50 is likelier than three near it, behind three worked examples."""
    out = []
    for _ in range(count):
        pairs = [(rng.randrange(50), rng.randrange(50)) for _ in range(4)]
        context = "\n".join(f"{a} + {b} = {a + b}" for a, b in pairs[:3]) + f"\n{pairs[3][0]} + {pairs[3][1]} ="
        right = sum(pairs[3])
        wrong = rng.sample([n for n in range(max(0, right - 10), right + 11) if n != right], 3)
        values = [continuation_logprob(model, tokenizer, context, f" {n}") for n in [right, *wrong]]
        out.append(float(values[0] == max(values)))
    return out
