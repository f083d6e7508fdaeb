import math

import torch

from rlhf.packing import pack
from rlhf.reward import KIND_SHARES, RewardHead, kind_weights, pairwise_loss, ranked_row, scores


def test_pairwise_loss_equals_the_formula():
    loss = pairwise_loss(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0]), torch.tensor([1.0, 3.0]))
    expected = (math.log(1 + math.exp(-1)) + 3 * math.log(1 + math.exp(2))) / 4
    assert abs(loss.item() - expected) < 1e-6


def ranked(row):
    for branch in row["branches"]:
        branch["candidates"] = [{"text": " unanswerable", "label": "decline", "source": "decline"}]
        if branch["answers"]:
            branch["candidates"].append({"text": f" {branch['answers'][0]} [{branch['sentence']}]", "label": "right", "source": "gold"})
        branch["candidates"].append({"text": " 7 [1]", "label": "wrong", "source": "policy"})
    return row


def test_all_pairs_of_a_question_stand_in_one_row(row, tokenizer):
    packed = ranked_row(ranked(row), tokenizer)
    kinds = [kind for _, _, kind in packed.pairs]
    assert sorted(kinds[:3]) == ["decline > wrong", "right > decline", "right > wrong"]
    assert kinds[-1] == "decline > wrong (no evidence)" and len(kinds) == 7


def test_kinds_are_weighted_to_their_shares_and_not_by_their_number(row, tokenizer):
    packed = ranked_row(ranked(row), tokenizer)
    weights = kind_weights([packed])
    mass = {k: w * sum(kind == k for _, _, kind in packed.pairs) for k, w in weights.items()}
    expected = KIND_SHARES["right > decline"] / KIND_SHARES["decline > wrong (no evidence)"]
    assert math.isclose(mass["right > decline"] / mass["decline > wrong (no evidence)"], expected)


def test_a_score_is_read_at_the_end_token(tiny_model, tokenizer, row):
    packed = ranked_row(ranked(row), tokenizer)
    head = RewardHead(32)
    with torch.no_grad():
        r = scores(tiny_model, head, pack([packed.segments], 0))
        question, candidate = 1, packed.candidates[0][1]
        ids = [t for s in (0, question, candidate) for t in packed.segments[s].tokens]
        alone = head(tiny_model.model(torch.tensor([ids])).last_hidden_state[0, -1])
    assert ids[-1] == tokenizer.end
    assert torch.allclose(r[candidate], alone, atol=1e-5)
