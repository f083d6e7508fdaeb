"""Sampling answers from the policy: the passage is read once, its questions together, its candidates together."""

from dataclasses import dataclass

import torch

from rlhf.prompts import passage_text, question_text, templates
from rlhf.rows import encode


@dataclass
class Completion:
    tokens: list[int]  # without the end token
    logprob: float  # natural log, sum over tokens (with the end token, where it was reached) at temperature 1
    ended: bool
    decline_logprob: float  # of the first token of a decline, at the first step


def seeded(seed: int) -> torch.Generator:
    """A source of random numbers where tensors are made."""
    return torch.Generator(torch.get_default_device()).manual_seed(seed)


@torch.no_grad()
def sample(
    model,
    tokenizer,
    title: str,
    sentences: list[str],
    questions: list[str],
    candidates: int,
    temperature: float = 1.0,
    max_tokens: int = 24,
    greedy_first: bool = True,
    forbid_decline: bool = False,
    generator: torch.Generator | None = None,
) -> list[list[Completion]]:
    """`candidates` completions for each question, the first one greedy where `greedy_first`.

    Rows that have ended are dropped from the batch, so a step costs what is still running. With `forbid_decline` the policy
    is made to answer.
    """
    training = model.training
    model.eval()  # a model in training keeps no cache where activations are computed again
    decline = encode(tokenizer, templates()["decline"])[0]
    end = tokenizer.convert_tokens_to_ids(templates()["end"])
    passage = torch.tensor([encode(tokenizer, passage_text(title, sentences))])  # (1, P)
    prompts = [encode(tokenizer, question_text(q)) for q in questions]
    width, length = max(map(len, prompts)), passage.shape[1]
    batch = len(prompts)

    cache = model.base_model(passage, use_cache=True).past_key_values
    cache.batch_repeat_interleave(batch)
    ids = torch.full((batch, width), end)
    seen = torch.zeros((batch, width), dtype=torch.bool)
    for row, prompt in enumerate(prompts):  # right padding: the gap is masked from then on
        ids[row, : len(prompt)] = torch.tensor(prompt)
        seen[row, : len(prompt)] = True
    mask = torch.cat([torch.ones(batch, length, dtype=torch.bool), seen], 1)  # (B, P + Q)
    positions = length + torch.arange(width).expand(batch, width)
    hidden = model.base_model(ids, attention_mask=mask.long(), position_ids=positions, past_key_values=cache).last_hidden_state
    lengths = torch.tensor([len(p) for p in prompts])
    logits = model.get_output_embeddings()(hidden[torch.arange(batch), lengths - 1]).float()  # (B, vocab)

    cache.batch_repeat_interleave(candidates)
    rows = batch * candidates
    mask, logits = mask.repeat_interleave(candidates, 0), logits.repeat_interleave(candidates, 0)
    position = (length + lengths).repeat_interleave(candidates)  # (rows,) of the next token
    greedy = torch.zeros(rows, dtype=torch.bool)
    if greedy_first:
        greedy[::candidates] = True
    declining = torch.log_softmax(logits, -1)[:, decline].tolist()
    done = [Completion([], 0.0, False, declining[row]) for row in range(rows)]
    if forbid_decline:
        logits[:, decline] = -torch.inf
    alive = torch.arange(rows)
    for _ in range(max_tokens):
        logprobs = torch.log_softmax(logits, -1)  # (alive, vocab)
        drawn = torch.multinomial(torch.softmax(logits / temperature, -1), 1, generator=generator)[:, 0]
        token = torch.where(greedy[alive], logits.argmax(-1), drawn)
        for i, row in enumerate(alive.tolist()):
            done[row].logprob += logprobs[i, token[i]].item()
            if token[i] == end:
                done[row].ended = True
            else:
                done[row].tokens.append(token[i].item())
        keep = (token != end).nonzero()[:, 0]
        if len(keep) == 0:
            break
        if len(keep) < len(alive):
            cache.batch_select_indices(keep)
            mask, alive, token = mask[keep], alive[keep], token[keep]
        mask = torch.cat([mask, torch.ones(len(alive), 1, dtype=torch.bool)], 1)
        hidden = model.base_model(
            token[:, None], attention_mask=mask.long(), position_ids=position[alive][:, None], past_key_values=cache
        ).last_hidden_state
        position[alive] += 1
        logits = model.get_output_embeddings()(hidden[:, -1]).float()
    model.train(training)
    return [done[i * candidates : (i + 1) * candidates] for i in range(batch)]
