"""The Brier-type term by hand, and as an option of PPO."""

import math

import pytest
import torch

from rlhf.brier import brier, confidences, outcomes


def test_confidence_is_the_probability_of_not_declining():
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]))
    assert confidences(logits, 2).tolist() == pytest.approx([0.8, 0.2])


def test_a_decline_has_the_outcome_of_the_answers_to_its_question():
    log_odds = [math.log(3), -math.log(3), 0.0, 0.0, math.log(3)]  # 0.75, 0.25, a decline, a decline alone, 0.75
    declined = torch.tensor([False, False, True, True, False])
    assert outcomes(torch.tensor(log_odds), declined, torch.tensor([0, 0, 0, 1, 2])).tolist() == pytest.approx([0.75, 0.25, 0.5, 0.0, 0.75])


def test_the_expected_distance_is_least_where_the_confidence_is_the_mean_outcome():
    outcome = torch.tensor([1.0, 1.0, 1.0, 0.0])
    expected = [brier(torch.full((4,), q), outcome).mean().item() for q in (0.5, 0.74, 0.75, 0.76, 1.0)]
    assert min(expected) == expected[2] == pytest.approx(0.1875)
