"""Weights written into a graph and read back."""

import pytest
import torch

from rlhf.export import EmbeddingFile, Precision, Shape, policy_graph, reward_graph
from rlhf.restore import restored_head, restored_layers
from rlhf.tiny import random_head, tiny_model

SPLIT = 2


@pytest.mark.parametrize("precision", [Precision(32), Precision(8), Precision(4), Precision(4, block=16), Precision(4, fine=("mlp.down_proj",))])
def test_layers_come_back_as_the_graph_computes_with_them(precision):
    model = tiny_model(300)
    weights, shape = model.state_dict(), Shape.of(model.config, 64)
    graph = policy_graph(weights, shape, SPLIT, 2, precision, EmbeddingFile(weights["model.embed_tokens.weight"], quantise=True))
    restored = restored_layers(graph.model("policy").graph, weights)
    own = {name for name in weights if name == "model.norm.weight" or name.startswith(("model.layers.2.", "model.layers.3."))}
    assert set(restored) == own
    for name in own:
        torch.testing.assert_close(restored[name], graph.served.get(name, weights[name]), rtol=0, atol=1e-6)


def test_head_gives_the_same_normalised_score():
    model, head = tiny_model(300), random_head(64) | {"bias": torch.tensor([0.3]), "mean": torch.tensor(0.7), "std": torch.tensor(2.0)}
    graph = reward_graph(model.state_dict(), head, Shape.of(model.config, 64), SPLIT, 2, Precision(4))
    back = restored_head(graph.model("reward").graph)
    hidden = torch.randn(5, 64)
    expected = (hidden @ head["weight"].T + head["bias"] - head["mean"]) / head["std"]
    actual = (hidden @ back["weight"].T + back["bias"] - back["mean"]) / back["std"]
    torch.testing.assert_close(actual, expected)
