"""A Brier-type term in the reward, so that a policy knows what it does not know (RLCR, arXiv 2507.16806).

The paper pays for an answer its correctness less the squared distance of the confidence that was stated: c - (q - c)^2. Here no
confidence is written down: it is the probability with which the policy answers at all, q = 1 - pi(decline | question), and no gold
answer is read: c = sigmoid(score(answer) - score(decline)), what the reward model gives for the answer being worth more than none.
"""

import torch


def confidences(logits: torch.Tensor, decline: int) -> torch.Tensor:
    """(E,) q = 1 - pi(decline), 0..1, from the logits (E, vocab) of each completion's first token. `decline`: the token that a
    decline begins with."""
    return 1 - torch.softmax(logits, -1)[:, decline]


def outcomes(scores: torch.Tensor, declined: torch.Tensor, questions: torch.Tensor) -> torch.Tensor:
    """(E,) c, 0..1. A decline, which tells nothing of the answer that was not given, has the mean over the answers to its question,
    and 0 where no answer was drawn: then the policy was sure to decline, and being sure costs nothing.

    scores: (E,) score(completion) - score(decline), in log-odds; declined: (E,) bool; questions: (E,) which question each answers.
    """
    worth = torch.sigmoid(scores)
    same = questions[:, None] == questions[None]  # (E, E)
    answers = same & ~declined[None]
    mean = (answers * worth[None]).sum(1) / answers.sum(1).clamp_min(1)
    return torch.where(declined, mean, worth)


def brier(confidence: torch.Tensor, outcome: torch.Tensor) -> torch.Tensor:
    """(q - c)^2 (Brier 1950): 0 best, 1 worst. Its expectation is smallest where q is the expectation of c.

    The confidence depends on the weights, so the gradient of its expected value has two parts: the reward, as for any other score,
    and (q - c)^2 itself, which `train_ppo.py` adds to the loss.
    """
    return (confidence - outcome) ** 2
