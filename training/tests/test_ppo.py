"""Losses of PPO and DPO: by hand, and against TRL on the same inputs (`fixtures/trl-0.11.4.json` says which of its functions)."""

import json
import math
from pathlib import Path

import pytest
import torch

from rlhf.dpo import dpo_loss
from rlhf.ppo import (AdaptiveKl, entropy, explained_variance, generalised_advantages, masked_mean, over_optimised, policy_loss, token_rewards,
                      value_loss, whiten)

TRL = json.loads((Path(__file__).parent / "fixtures" / "trl-0.11.4.json").read_text())


def tensors(values: dict) -> dict:
    return {k: torch.tensor(v) if isinstance(v, list) else v for k, v in values.items()}


def close(actual, expected):
    torch.testing.assert_close(torch.as_tensor(actual), torch.as_tensor(expected), atol=2e-5, rtol=2e-5)


def test_ppo_equals_trl():
    x, wanted = tensors(TRL["ppo"]), tensors(TRL["ppo"]["expected"])
    mask = torch.arange(4)[None] < x["sizes"][:, None]
    rewards = token_rewards(x["scores"], x["oldLogprobs"], x["referenceLogprobs"], mask, x["klCoefficient"])
    close(rewards, wanted["rewards"])
    advantages, returns = generalised_advantages(rewards, x["oldValues"], mask, x["discount"], x["smoothing"])
    close(returns, wanted["returns"])
    advantages = whiten(advantages, mask)
    close(advantages, wanted["whitenedAdvantages"])
    loss, fraction = policy_loss(x["logprobs"], x["oldLogprobs"], advantages, mask, x["clip"])
    close(loss, wanted["policyLoss"])
    close(fraction, wanted["clipFraction"])
    close(value_loss(x["values"], x["oldValues"] * mask, returns, mask, x["clip"]), wanted["valueLoss"])
    close(masked_mean(entropy(x["logits"]), mask), wanted["entropy"])


def test_adaptive_kl_equals_trl():
    k = TRL["adaptiveKl"]
    controller = AdaptiveKl(k["start"], k["target"], k["horizon"])
    for kl, coefficient in k["coefficients"]:
        controller.update(kl, k["episodes"])
        assert math.isclose(controller.coefficient, coefficient, rel_tol=1e-9)


def test_dpo_equals_trl():
    x = tensors(TRL["dpo"])
    loss, margins = dpo_loss(x["chosen"], x["rejected"], x["referenceChosen"], x["referenceRejected"], x["beta"])
    close(loss, x["expected"]["loss"])
    close(margins, torch.tensor(x["expected"]["chosenRewards"]) - torch.tensor(x["expected"]["rejectedRewards"]))


def test_score_comes_with_the_last_token_and_each_token_pays_its_kl():
    mask = torch.tensor([[True, True, False]])
    rewards = token_rewards(torch.tensor([2.0]), torch.tensor([[-1.0, -2.0, 9.0]]), torch.tensor([[-1.5, -1.0, 9.0]]), mask, 0.1)
    close(rewards, torch.tensor([[-0.05, 2.1, 0.0]]))


def test_advantages_by_hand():
    # delta_1 = 1 + 0.5 * 0 - 2 = -1;  delta_0 = 0 + 0.5 * 2 - 1 = 0;  A_0 = 0 + 0.5 * 0.8 * -1
    advantages, returns = generalised_advantages(torch.tensor([[0.0, 1.0, 7.0]]), torch.tensor([[1.0, 2.0, 7.0]]),
                                                 torch.tensor([[True, True, False]]), gamma=0.5, smoothing=0.8)
    close(advantages, torch.tensor([[-0.4, -1.0, 0.0]]))
    close(returns, torch.tensor([[0.6, 1.0, 0.0]]))


def test_whitening_counts_only_tokens():
    white = whiten(torch.tensor([[1.0, 3.0, 100.0]]), torch.tensor([[True, True, False]]))
    close(white, torch.tensor([[-(0.5**0.5), 0.5**0.5, 0.0]]))
    close(whiten(torch.tensor([[4.0]]), torch.tensor([[True]])), torch.tensor([[0.0]]))


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "gradient"),
    [(1.5, 1.0, -1.2, 0.0), (1.5, -1.0, 1.5, 1.5), (0.5, 1.0, -0.5, -0.5), (0.5, -1.0, 0.8, 0.0), (1.1, 2.0, -2.2, -2.2)],
)
def test_the_clip_takes_the_gradient_only_where_the_step_went_far_enough(ratio, advantage, loss, gradient):
    logprob = torch.tensor([[math.log(ratio)]], requires_grad=True)
    value, fraction = policy_loss(logprob, torch.zeros(1, 1), torch.tensor([[advantage]]), torch.tensor([[True]]), 0.2)
    value.backward()
    close(value.detach(), loss)
    close(logprob.grad, torch.tensor([[gradient]]))
    assert fraction.item() == float(gradient == 0.0)


def test_explained_variance():
    mask, returns = torch.ones(1, 3), torch.tensor([[1.0, 2.0, 3.0]])
    assert explained_variance(returns, returns, mask) == 1.0
    assert explained_variance(torch.zeros(1, 3), returns, mask) == pytest.approx(0.0)
    assert math.isnan(explained_variance(returns, torch.ones(1, 3), mask))


def test_a_run_stops_when_the_reward_rises_and_the_gold_falls_twice():
    start, worse, better = {"reward": 0.1, "goldCorrect": 0.6}, {"reward": 0.5, "goldCorrect": 0.5}, {"reward": 0.5, "goldCorrect": 0.61}
    honest = {"reward": 0.0, "goldCorrect": 0.5}  # both fall: not over-optimised, only bad
    assert over_optimised([start, worse, worse], 0.03) is not None
    for history in ([start], [start, worse], [start, worse, better], [start, better, worse], [start, honest, honest]):
        assert over_optimised(history, 0.03) is None
    assert over_optimised([start, worse, worse], 0.2) is None
