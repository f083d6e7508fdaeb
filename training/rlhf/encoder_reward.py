"""A reward model on a sentence encoder instead of the policy's trunk: each candidate is read as a pair of its own.

    [CLS] question candidate [SEP] title [1] sentence [2] sentence .. [SEP]      score: a linear map of [CLS]

An encoder looks both ways and is small; but it reads the passage again for every candidate and shares no layer with the policy.
"""

import torch
from torch import nn

from rlhf.encoder import MASKED, Encoder, encode_pairs, pad_pairs
from rlhf.prompts import passage_text
from rlhf.reward import RankedRow


class EncoderReward(nn.Module):
    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder, self.score = encoder, nn.Linear(encoder.config.width, 1)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> torch.Tensor:
        """(B, T) each -> (B,) scores"""
        positions = torch.arange(input_ids.shape[1])
        bias = MASKED * (1.0 - attention_mask[:, None, None, :].float())  # (B, 1, 1, T)
        return self.score(self.encoder(input_ids, positions, token_type_ids, bias)[:, 0])[:, 0]


def encoder_inputs(row: dict, ranked: RankedRow, tokenizer, max_tokens: int = 320) -> tuple[list[int], dict[str, torch.Tensor]]:
    """(segments of the candidates, padded pairs): one pair a candidate of `row`, in the order of `ranked`, which was made of it."""
    passage, places, pairs = passage_text(row["title"], row["sentences"]), [], []
    for mine, branch in zip(ranked.candidates, row["branches"], strict=True):
        for place, candidate in zip(mine, branch["candidates"], strict=True):
            places.append(place)
            pairs += encode_pairs(tokenizer, f"{branch['question']} {candidate['text'].strip()}", [passage], max_tokens)
    return places, {name: torch.from_numpy(array) for name, array in pad_pairs(pairs).items()}


def encoder_scores(model: EncoderReward, ranked: RankedRow, inputs: tuple[list[int], dict[str, torch.Tensor]]) -> torch.Tensor:
    """(segments,) as of a model on the trunk; 0 where a segment is no candidate."""
    places, pairs = inputs
    return torch.zeros(len(ranked.segments)).index_put((torch.tensor(places),), model(**pairs))
