"""Direct preference optimisation (Rafailov et al. 2023, arXiv 2305.18290): preferences without a reward model in the loop."""

import torch
from torch.nn.functional import logsigmoid


def dpo_loss(chosen: torch.Tensor, rejected: torch.Tensor, reference_chosen: torch.Tensor, reference_rejected: torch.Tensor,
             beta: float = 0.1) -> tuple[torch.Tensor, torch.Tensor]:
    """(loss, margins (P,)) (2305.18290, equation 7).

    L = -log sigmoid(beta (log pi(y_w)/pi_ref(y_w) - log pi(y_l)/pi_ref(y_l))); arguments: (P,) log-probabilities of whole
    completions. The margin is the difference of the implicit rewards (equation 5): above 0 where the pair is in order.
    """
    margins = beta * ((chosen - reference_chosen) - (rejected - reference_rejected))
    return -logsigmoid(margins).mean(), margins.detach()
