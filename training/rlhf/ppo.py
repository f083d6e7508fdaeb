"""Proximal policy optimisation on completions: pure functions on (E, T) tensors, E episodes of at most T tokens.

An episode is one sampled completion, a step one of its tokens; `mask` is True where the completion has a token (the end token,
where it was reached, is one). Papers: PPO, Schulman et al. 2017 (arXiv 1707.06347); GAE, Schulman et al. 2015 (arXiv 1506.02438);
KL penalty and its controller, Ziegler et al. 2019 (arXiv 1909.08593); PPO-ptx, Ouyang et al. 2022 (arXiv 2203.02155).
"""

import torch


def masked_mean(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (values * mask).sum() / mask.sum().clamp_min(1)


def whiten(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean 0 and (unbiased) variance 1 over the True places of `mask` (1909.08593, section 2.2); 0 elsewhere. With fewer than
    two values, or equal ones, only the mean is taken off."""
    mean = masked_mean(values, mask)
    centred = (values - mean) * mask
    variance = (centred**2).sum() / (mask.sum() - 1).clamp_min(1)
    return centred * torch.rsqrt(variance + 1e-8)


def token_rewards(scores: torch.Tensor, logprobs: torch.Tensor, reference_logprobs: torch.Tensor, mask: torch.Tensor,
                  kl_coefficient: float) -> torch.Tensor:
    """(E, T): R(x, y) = r(x, y) - beta log(pi(y|x) / pi_ref(y|x)), spread over the tokens (1909.08593, equation 2).

    Every token pays its own part of the KL penalty; the score of the whole completion comes with its last token.
    scores: (E,); logprobs, reference_logprobs: (E, T) of the sampled tokens.
    """
    rewards = -kl_coefficient * (logprobs - reference_logprobs) * mask
    last = mask.sum(1) - 1  # (E,)
    rewards[torch.arange(len(scores)), last] += scores
    return rewards


def generalised_advantages(rewards: torch.Tensor, values: torch.Tensor, mask: torch.Tensor, gamma: float = 1.0,
                           smoothing: float = 0.95) -> tuple[torch.Tensor, torch.Tensor]:
    """(advantages, returns), (E, T) each (1506.02438, equations 11 and 16; 1707.06347, equations 11 and 12).

    delta_t = r_t + gamma V_{t+1} - V_t;  A_t = delta_t + gamma lambda A_{t+1};  return_t = A_t + V_t.
    Behind the last token the value is 0: a completion that was cut off is treated as ended (its score says so).
    """
    values, rewards = values * mask, rewards * mask
    advantages, following = torch.zeros_like(rewards), torch.zeros(len(rewards))
    for t in reversed(range(rewards.shape[1])):
        next_value = values[:, t + 1] if t + 1 < rewards.shape[1] else torch.zeros(len(rewards))
        following = rewards[:, t] + gamma * next_value - values[:, t] + gamma * smoothing * following
        advantages[:, t] = following
    return advantages * mask, (advantages + values) * mask


def policy_loss(logprobs: torch.Tensor, old_logprobs: torch.Tensor, advantages: torch.Tensor, mask: torch.Tensor,
                clip: float = 0.2) -> tuple[torch.Tensor, torch.Tensor]:
    """(loss, share of tokens whose gradient the clip takes away) (1707.06347, equation 7, sign turned: smaller is better).

    L = -mean(min(ratio A, clamp(ratio, 1 - clip, 1 + clip) A)),  ratio = pi(token) / pi_old(token)
    """
    ratio = torch.exp((logprobs - old_logprobs) * mask)
    plain, clipped = ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages
    return -masked_mean(torch.minimum(plain, clipped), mask), masked_mean((clipped < plain).float(), mask)


def value_loss(values: torch.Tensor, old_values: torch.Tensor, returns: torch.Tensor, mask: torch.Tensor, clip: float | None = 0.2) -> torch.Tensor:
    """Half the squared error (1707.06347, equation 9, L^VF), the greater of plain and clipped: a value moves at most `clip` away
    from the old one in one update (as in the paper's own code). `clip` None: not clipped."""
    error = (values - returns) ** 2
    if clip is not None:
        near = old_values + (values - old_values).clamp(-clip, clip)
        error = torch.maximum(error, (near - returns) ** 2)
    return 0.5 * masked_mean(error, mask)


def entropy(logits: torch.Tensor) -> torch.Tensor:
    """(..,) entropy in nats of softmax(logits (.., vocab)) (1707.06347, the bonus S of equation 9)."""
    logprobs = torch.log_softmax(logits, -1)
    return -(logprobs.exp() * logprobs).sum(-1)


def explained_variance(values: torch.Tensor, returns: torch.Tensor, mask: torch.Tensor) -> float:
    """1 - Var(return - value) / Var(return) over the tokens: 1 is perfect, 0 no better than a constant; nan for equal returns."""
    target, error = returns[mask.bool()], (returns - values)[mask.bool()]
    variance = target.var(unbiased=False)
    return float("nan") if variance == 0 else (1 - error.var(unbiased=False) / variance).item()


class AdaptiveKl:
    """The coefficient beta of the KL penalty, moved towards a target (1909.08593, section 2.2).

    e = clip(KL / target - 1, -0.2, 0.2);  beta <- beta (1 + e episodes / horizon).  `target` in nats an episode.
    """

    def __init__(self, coefficient: float, target: float, horizon: float):
        self.coefficient, self.target, self.horizon = coefficient, target, horizon

    def update(self, kl: float, episodes: int) -> None:
        error = min(0.2, max(-0.2, kl / self.target - 1))
        self.coefficient *= 1 + error * episodes / self.horizon


def over_optimised(history: list[dict], drop: float, times: int = 2) -> str | None:
    """Why a run has to stop, or None: in each of the last `times` held-out figures the reward is above that of the start while
    gold correctness is more than `drop` below it (Gao et al. 2022, arXiv 2210.10760: the proxy goes on rising, the gold falls).

    history: figures with `reward` and `goldCorrect`, the first one before any update.
    """
    if len(history) <= times:
        return None
    start, recent = history[0], history[-times:]
    if all(h["reward"] > start["reward"] and h["goldCorrect"] < start["goldCorrect"] - drop for h in recent):
        last = recent[-1]
        return (f"gold correctness fell from {start['goldCorrect']:.3f} to {last['goldCorrect']:.3f} while the reward rose from "
                f"{start['reward']:.3f} to {last['reward']:.3f}")
    return None
