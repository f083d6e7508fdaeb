import math

import torch

from rlhf.packing import pack
from rlhf.reward import KIND_SHARES, LengthTerm, RewardHead, kind_weights, pairwise_loss, ranked_row, scores
from rlhf.reward_training import normalised, row_loss


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
        r = scores(tiny_model, head, pack([packed.segments], 0))[0]
        question, candidate = 1, packed.candidates[0][1]
        ids = [t for s in (0, question, candidate) for t in packed.segments[s].tokens]
        alone = head(tiny_model.model(torch.tensor([ids])).last_hidden_state[0, -1])
    assert ids[-1] == tokenizer.end
    assert torch.allclose(r[candidate], alone, atol=1e-5)


def test_candidates_of_a_question_make_all_their_pairs_and_are_read_once(row, tokenizer):
    texts = [" unanswerable", " 4808 m [1]", " 4808 m [2]", " 9 [1]"]
    row["branches"] = [{**row["branches"][0], "candidates": [{"text": t, "label": label, "source": "policy"}
                                                            for t, label in zip(texts, ("decline", "right", "miscited", "wrong"))]}]
    packed = ranked_row(row, tokenizer)
    assert len(packed.pairs) == 4 * 3 // 2 and len(packed.segments) == 2 + 4


def test_rewards_have_mean_0_and_deviation_1_on_demonstrations():
    head = RewardHead(1)
    head.linear.weight.data.fill_(2.0)
    states = torch.tensor([[1.0], [2.0], [6.0]])
    with torch.no_grad():
        scaled = normalised(normalised(head, head(states).tolist()), [])  # nothing to measure on changes nothing
        assert torch.allclose(scaled(states).mean(), torch.tensor(0.0), atol=1e-6) and torch.allclose(scaled(states).std(), torch.tensor(1.0))
        again = normalised(scaled, (scaled(states) * 3 + 1).tolist())  # from a head that is scaled already
        assert torch.allclose(again(states), (scaled(states) - 1) / 3, atol=1e-6)


def test_the_length_term_takes_over_what_length_explains(row, tokenizer):
    packed = ranked_row(ranked(row), tokenizer)
    weights, length = kind_weights([packed]), LengthTerm(unit=10.0)
    r = torch.zeros(len(packed.segments))
    assert row_loss(r, packed, weights, length) == row_loss(r, packed, weights)  # it begins at nothing
    length.weight.data.fill_(2.0)
    sizes = [len(s.tokens) for s in packed.segments]
    total = sum(weights[kind] for _, _, kind in packed.pairs)
    expected = sum(weights[kind] * math.log(1 + math.exp(-0.2 * (sizes[b] - sizes[w]))) for b, w, kind in packed.pairs) / total
    assert math.isclose(row_loss(r, packed, weights, length).item(), expected, rel_tol=1e-5)
