import copy
import math

import pytest
import torch

from rlhf.episodes import PolicyModels, pack_completions
from rlhf.layers import freeze_lower, lower_states, same_lower, trainable_state, upper_states
from rlhf.packing import hidden_states, pack
from rlhf.policy_evaluation import Answered, answer_rows, best_of, best_of_n_kl, differences_with_intervals, figures_with_intervals, mean_figures, question_figures
from rlhf.prompts import passage_text, question_text
from rlhf.reward import RewardHead
from rlhf.rollout import Completion
from rlhf.rows import demonstration
from rlhf.scored_samples import best_candidates, preference_pairs, sampled_tokens, scored_row


@pytest.fixture
def models(tiny_model, tokenizer):
    other, reward = copy.deepcopy(tiny_model), copy.deepcopy(tiny_model)
    for model, seed in ((other, 1), (reward, 2)):
        torch.manual_seed(seed)
        for p in model.model.layers[1:].parameters():
            p.data += 0.05 * torch.randn_like(p)
    return PolicyModels(tiny_model, other, reward, RewardHead(32), tokenizer, 1)


def test_two_parts_of_the_forward_pass_equal_the_whole(tiny_model, tokenizer, row):
    batch = pack([demonstration(row, tokenizer)], 0)
    whole = hidden_states(tiny_model, batch)
    for layers in (0, 1, 3):
        assert torch.allclose(upper_states(tiny_model, lower_states(tiny_model, batch, layers), batch, layers), whole, atol=1e-5)


def test_only_what_is_trained_is_kept(tiny_model):
    freeze_lower(tiny_model, 1)
    names = set(trainable_state(tiny_model))
    assert not any("embed_tokens" in n or "lm_head" in n or "layers.0." in n for n in names)
    assert {"model.norm.weight", "model.layers.1.mlp.up_proj.weight"} <= names


def test_different_lower_layers_are_refused(tiny_model, tokenizer):
    other = copy.deepcopy(tiny_model)
    other.model.layers[0].mlp.up_proj.weight.data += 1
    assert same_lower(tiny_model, other, 0) and not same_lower(tiny_model, other, 1)
    with pytest.raises(SystemExit, match="lowest 1 layers of policy and reward model differ"):
        PolicyModels(tiny_model, copy.deepcopy(tiny_model), other, RewardHead(32), tokenizer, 1)


def test_log_probabilities_and_scores_of_packed_completions_equal_plain_forwards(models, tokenizer, row):
    ended, cut = Completion([40, 50], 0, True, 0), Completion([60, 70, 80], 0, False, 0)
    episodes = models.with_states(pack_completions(row, [[ended, cut], [cut], [ended]], tokenizer))
    assert episodes.mask.sum(1).tolist() == [3, 3, 3, 3]  # the cut one has no end token to learn
    logprobs = episodes.spread(models.outputs(models.policy, episodes).logprobs)
    scores = models.scores(episodes)
    for i, (question, done) in enumerate(zip(episodes.questions, episodes.completions)):
        prompt = tokenizer.encode(passage_text(row["title"], row["sentences"]) + question_text(row["branches"][question]["question"]))
        with torch.no_grad():
            answer = done.tokens + [tokenizer.end]
            alone = torch.log_softmax(models.policy(torch.tensor([prompt + answer])).logits[0], -1)
            learnt = answer if done.ended else done.tokens
            expected = torch.stack([alone[len(prompt) - 1 + t, token] for t, token in enumerate(learnt)])
            decline = tokenizer.encode(" unanswerable") + [tokenizer.end]
            score = [models.head(models.reward.model(torch.tensor([prompt + text])).last_hidden_state[0, -1]) for text in (answer, decline)]
        assert torch.allclose(logprobs[i][episodes.mask[i]], expected, atol=1e-4)
        assert torch.allclose(scores[i], score[0] - score[1], atol=1e-4)


def test_a_decline_is_worth_nothing_more_than_itself(models, tokenizer, row):
    decline = Completion(tokenizer.encode(" unanswerable"), 0, True, 0)
    episodes = models.with_states(pack_completions(row, [[decline]] * 3, tokenizer))
    assert torch.allclose(models.scores(episodes), torch.zeros(3), atol=1e-5)


def test_the_distance_of_a_policy_from_itself_is_nothing(models, row):
    models.reference = models.policy
    assert all(abs(a.kl) < 1e-5 for a in answer_rows(models, [row], samples=2, seed=1))


def answered(**changes):
    given = dict(passage="p", kind="gold", answerable=True, texts=["a [1]", "b [2]", " unanswerable"], labels=["wrong", "right", "decline"],
                 f1=[0.0, 1.0, 0.0], rewards=[-1.0, 2.0, 0.0], tokens=[3, 3, 2], kl=0.1, entropy=0.5, confidence=0.8)
    return Answered(**(given | changes))


def test_best_of_n():
    one = answered()
    assert [best_of(one, n) for n in (1, 2, 3)] == [0, 1, 1]
    assert best_of(one, 1, or_decline=True) is None and best_of(one, 2, or_decline=True) == 1
    assert best_of_n_kl(1) == 0 and best_of_n_kl(4) == pytest.approx(math.log(4) - 0.75)
    assert question_figures(one) == {"goldCorrect": 0.0, "reward": -1.0, "kl": 0.1, "entropy": 0.5, "tokens": 3.0, "rightAnswer": 0.0, "f1": 0.0,
                                     "refusalWrong": 0.0, "brier": pytest.approx(0.04), "sampledCorrect": 0.5, "sampledReward": 1.0}
    assert question_figures(one, n=2)["goldCorrect"] == 1.0 and "sampledCorrect" not in question_figures(one, n=2)
    nothing = question_figures(answered(answerable=False, kind="removed", labels=["wrong"] * 3), n=1, or_decline=True)
    assert nothing["goldCorrect"] == nothing["refusalRight"] == nothing["refusalRight removed"] == 1.0 and nothing["reward"] == 0.0


def test_intervals_hold_the_mean_and_narrow_with_agreement():
    mixed = [answered(passage=str(i), labels=["right" if i % 2 else "wrong"] * 3) for i in range(40)]
    figure = figures_with_intervals([mixed, mixed])["goldCorrect"]
    assert figure["value"] == mean_figures(mixed)["goldCorrect"] == 0.5 and figure["seeds"] == [0.5, 0.5]
    low, high = figure["interval"]
    assert 0.3 < low < 0.5 < high < 0.7
    assert figures_with_intervals([[answered()] * 3])["goldCorrect"]["interval"] == [0.0, 0.0]


def test_differences_are_paired():
    hard = [answered(passage=str(i), labels=["right" if i % 2 else "wrong"] * 3) for i in range(40)]
    assert differences_with_intervals([hard, hard], hard)["goldCorrect"] == {"value": 0.0, "interval": [0.0, 0.0]}
    better = [answered(passage=str(i), labels=["right" if i % 2 or i < 10 else "wrong"] * 3) for i in range(40)]
    gain = differences_with_intervals([better], hard)["goldCorrect"]
    assert gain["value"] == pytest.approx(5 / 40) and 0 <= gain["interval"][0] < gain["value"] < gain["interval"][1] < 0.3


def test_filtering_and_pairs_follow_the_reward_and_leave_ties_out(models, tokenizer, row):
    drawn = [[Completion([40 + i], 0, i != 3, 0) for i in range(4)] for _ in row["branches"]]
    episodes = pack_completions(row, drawn, tokenizer)
    scored = scored_row(episodes, [0.5, -1.0, 2.0, 9.0, -1.0, -2.0, -3.0, 9.0, 0.2, 0.2, 0.2, 0.2], tokenizer)
    assert all(b["answers"] == [] for b in scored["branches"])  # no gold answer travels along
    assert sampled_tokens(scored) == 3 * (3 * 2 + 1)
    kept, completions = best_candidates(scored)  # the cut-off one is never kept, nor what is worse than declining
    assert [b["question"] for b in kept["branches"]] == [row["branches"][i]["question"] for i in (0, 2)]
    assert [c.tokens for [c] in completions] == [[42], [40]]
    paired, pairs, distances = preference_pairs(scored, 0.5)
    assert len(paired["branches"]) == 2 and [[c.tokens for c in pair] for pair in pairs] == [[[42], [41]], [[40], [42]]]
    assert distances == [3.0, 2.0]
