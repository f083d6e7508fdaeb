"""The exported graphs against PyTorch, quantisation against hand-made weights, and the script from end to end at toy size."""

import json
import subprocess
import sys
from pathlib import Path

import compare_served
import numpy as np
import onnx
import pytest
import torch
from transformers import LlamaForCausalLM

from rlhf.export import EmbeddingFile, Precision, Shape, lower_graph, policy_graph, reward_graph
from rlhf.gptq_layers import gptq_layers
from rlhf.packing import Segment, hidden_states, pack
from rlhf.prompts import answer_text, parse_completion, passage_text, prompt_version, question_text
from rlhf.quantise import gptq, lattice, round_to_grid, symmetric
from rlhf.sentences import PROMPTS
from rlhf.served import ServedModel
from rlhf.tiny import random_head, tiny_model
from rlhf.toy_world import write_model

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
VOCABULARY, SPLIT = 300, 2
ROW = [Segment([3, 1, 4, 1, 5, 9, 2, 6]), Segment([5, 3, 5], 0, [False, True, True]), Segment([8, 9, 7, 9], 0, [True] * 4)]


@pytest.fixture(scope="module")
def model():
    return tiny_model(VOCABULARY)


def on_a_lattice(model):
    """The same model with lower layers as GGUF's Q4_1 would store them."""
    copy = LlamaForCausalLM(model.config).eval()
    copy.load_state_dict(model.state_dict())
    for layer in copy.model.layers[:SPLIT]:
        for parameter in layer.parameters():
            if parameter.dim() == 2:
                q = round_to_grid(parameter.data, 4)
                blocks = q.levels.view(*q.scales.shape, 32) * q.scales[..., None] - (7.3 * q.scales).half().float()[..., None]
                parameter.data.copy_(blocks.view(parameter.shape))
    return copy


def export(model, folder: Path, lower: Precision, upper: Precision, ready=None):
    weights, shape = model.state_dict(), Shape.of(model.config, 128)
    embedding = EmbeddingFile(weights["model.embed_tokens.weight"], quantise=upper.bits < 32)
    embedding.write(folder / "embedding.bin")
    graphs = [lower_graph(weights, shape, SPLIT, lower, embedding), policy_graph(weights, shape, SPLIT, 2, upper, embedding, ready)]
    for graph, name in zip(graphs, ("lower.onnx", "upper.onnx")):
        onnx.save(graph.model(name), folder / name)
    served = LlamaForCausalLM(model.config).eval()  # PyTorch with the weights that the graphs hold
    served.load_state_dict({**weights, **graphs[0].served, **graphs[1].served, "model.embed_tokens.weight": embedding.served,
                            "lm_head.weight": embedding.served})
    return ServedModel(folder / "lower.onnx", folder / "upper.onnx", 64), served


def expected_logits(model, batch) -> np.ndarray:
    with torch.no_grad():
        return model.lm_head(hidden_states(model, batch)[0, batch.sources[:, 1]]).numpy()  # (N, vocab)


def test_fp32_equals_pytorch(model, tmp_path):
    served, _ = export(model, tmp_path, Precision(32), Precision(32))
    batch = pack([ROW], 0)
    assert np.allclose(served.packed(batch, 8, batch.sources[:, 1]), expected_logits(model, batch), atol=1e-4)


def test_step_by_step_equals_all_at_once(model, tmp_path):
    served, _ = export(model, tmp_path, Precision(32), Precision(32))
    ids = [7, 8, 9, 10, 11, 12]
    whole = served.step(ids, 0)
    pieces = [served.step(ids[:3], 0), served.step(ids[3:4], 3), served.step(ids[4:], 4)]
    assert np.allclose(np.concatenate(pieces), whole, atol=1e-4)
    again = served.step(ids[3:], 3, selected=[2])  # back to an earlier length: what stood behind does not matter
    assert np.allclose(again[0], whole[-1], atol=1e-4)


@pytest.mark.parametrize("lower, upper", [(Precision(8), Precision(8)), (Precision(4), Precision(4, block=16)),
                                          (Precision(4, exact=True), Precision(4, fine=("mlp.down_proj",)))])
def test_quantised_graphs_compute_what_their_weights_say(model, tmp_path, lower, upper):
    model = on_a_lattice(model)
    served, reference = export(model, tmp_path, lower, upper)
    batch = pack([ROW], 0)
    actual, expected = served.packed(batch, 8, batch.sources[:, 1]), expected_logits(reference, batch)
    # Activations are rounded to 8 bits as well, in blocks: close, not equal.
    assert np.abs(actual - expected).mean() < 0.1 * expected.std()
    if lower.exact:
        layer = model.model.layers[0].mlp.down_proj.weight
        assert torch.equal(reference.model.layers[0].mlp.down_proj.weight, layer)


def test_reward_is_normalised(model, tmp_path):
    export(model, tmp_path, Precision(32), Precision(32))
    head = {**random_head(64), "bias": torch.tensor([0.7]), "mean": torch.tensor(0.3), "std": torch.tensor(2.0)}
    graph = reward_graph(model.state_dict(), head, Shape.of(model.config, 128), SPLIT, 2, Precision(32))
    onnx.save(graph.model("reward"), tmp_path / "reward.onnx")
    batch = pack([ROW], 0)
    at = torch.tensor(batch.last[0][1:])
    with torch.no_grad():
        raw = hidden_states(model, batch)[0, at] @ head["weight"].T + 0.7
    served = ServedModel(tmp_path / "lower.onnx", tmp_path / "reward.onnx", 64)
    assert np.allclose(served.packed(batch, 8, at), ((raw - 0.3) / 2.0).numpy(), atol=1e-4)


def test_packed_levels_by_hand():
    weight = torch.arange(32.0)[None] - 15  # -15 .. 16 in 16 levels: a step of 31 / 15
    q = round_to_grid(weight, 4)
    low, high = q.packed()[0, 0, 0] & 15, q.packed()[0, 0, 0] >> 4
    assert (low, high) == (q.levels[0, 0], q.levels[0, 1])
    assert (q.dequantised() - weight).abs().max() <= 31 / 15


def test_eight_bits_around_128_keep_q8_0():
    table = torch.randint(-127, 128, (4, 64)) * 0.0078125
    table[:, ::32] = 127 * 0.0078125
    assert torch.equal(symmetric(table).dequantised(), table)


def test_random_weights_lie_on_no_lattice():
    assert lattice(torch.randn(2, 64)) is None


def test_gptq_beats_rounding_on_what_the_layer_reads():
    torch.manual_seed(0)
    x = torch.randn(512, 64) @ torch.randn(64, 64)  # inputs that depend on each other
    weight = torch.randn(16, 64)
    error = lambda q: ((q.dequantised() - weight) @ x.T).square().mean()
    assert error(gptq(weight, x.T @ x, 4)) < 0.7 * error(round_to_grid(weight, 4))


def test_gptq_of_all_upper_layers(model, tmp_path):
    copy = LlamaForCausalLM(model.config).eval()
    copy.load_state_dict(model.state_dict())
    ready = gptq_layers(copy, [ROW] * 3, SPLIT, lambda name: 4, 16)
    assert len(ready) == 2 * 7 and all(name.startswith(("model.layers.2.", "model.layers.3.")) for name in ready)
    served, reference = export(model, tmp_path, Precision(32), Precision(4, block=16), ready)
    assert torch.equal(reference.model.layers[3].self_attn.q_proj.weight, copy.model.layers[3].self_attn.q_proj.weight)


def test_prompts_are_the_golden_ones():
    golden = json.loads((PROMPTS / "prompt.golden.json").read_text())
    assert golden["promptVersion"] == prompt_version()
    for case in golden["prompts"]:
        assert passage_text(case["title"], case["sentences"]) == case["passageText"]
        assert question_text(case["question"]) == case["questionText"]
        assert answer_text(case["answer"], case["sentenceNumber"]) == case["answerText"]
    for case in golden["completions"]:
        parsed = parse_completion(case["completion"])
        assert (parsed.answer, parsed.sentence_number) == (case["text"], case["sentenceNumber"])


def run_script(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, SCRIPTS / "export_onnx.py", *map(str, arguments)], capture_output=True, text=True)


def test_script_writes_both_models_and_leaves_finished_ones_alone(tmp_path):
    first = run_script("--tiny", "--out", tmp_path)
    assert first.returncode == 0, first.stderr
    policy, reward = (json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("policy", "reward"))
    assert reward["settings"]["policyLower"] == policy["files"]["lower.onnx"]["sha256"]
    assert policy["promptVersion"] == reward["promptVersion"] == prompt_version()
    assert (tmp_path / "policy/embedding.bin").stat().st_size == policy["files"]["embedding.bin"]["bytes"]
    assert run_script("--tiny", "--out", tmp_path).stdout.count("is finished") == 2


def test_a_second_policy_stands_beside_the_first_on_the_same_reward_model(tmp_path):
    assert run_script("--tiny", "--out", tmp_path).returncode == 0
    before = (tmp_path / "policy/manifest.json").read_text(), (tmp_path / "reward/manifest.json").read_text()
    second = run_script("--tiny", "--policy-name", "policy-ppo", "--out", tmp_path)
    assert second.returncode == 0, second.stderr
    manifest = json.loads((tmp_path / "policy-ppo/manifest.json").read_text())
    assert manifest["name"] == "policy-ppo" and manifest["files"]["lower.onnx"]["sha256"] == json.loads(before[1])["settings"]["policyLower"]
    assert ((tmp_path / "policy/manifest.json").read_text(), (tmp_path / "reward/manifest.json").read_text()) == before
    other = run_script("--tiny", "--policy-name", "policy-other", "--lower", "int8", "--out", tmp_path)
    assert other.returncode != 0 and "policy-other/lower.onnx" in other.stderr and "--lower" in other.stderr
    both = run_script("--tiny", "--policy-name", "policy-ppo", "--keep-policy", "--out", tmp_path)
    assert both.returncode == 2 and "--keep-policy" in both.stderr


def test_the_exported_policy_writes_what_its_weights_write(tmp_path, monkeypatch, row):
    write_model(tmp_path / "weights", seed=1)
    assert run_script("--policy", tmp_path / "weights", "--lower", "fp32", "--policy-upper", "fp32", "--reward-upper", "fp32", "--frozen-layers", 1,
                      "--max-tokens", 256, "--out", tmp_path / "models").returncode == 0
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    options = ["--policy", tmp_path / "weights", "--models", tmp_path / "models", "--rows", tmp_path / "rows.jsonl", "--out", tmp_path / "served.json"]
    monkeypatch.setattr(sys, "argv", ["compare_served", *map(str, options)])
    compare_served.main()
    report = json.loads((tmp_path / "served.json").read_text())
    assert report["questions"] == 3 and report["sameAnswer"]["value"] == 1
    assert report["f1"]["questions"] == 2 and report["f1"]["difference"]["value"] == 0 == report["goldCorrect"]["difference"]["value"]
    monkeypatch.setattr(sys, "argv", ["compare_served", *map(str, options), "--policy-name", "none"])
    with pytest.raises(SystemExit, match="none/upper.onnx: expected an exported policy"):
        compare_served.main()


def test_cards_have_what_was_measured_with_intervals(tmp_path):
    (tmp_path / "policy.json").write_text(json.dumps({"emForced": {"value": 0.625, "interval": [0.5, 0.75], "questions": 16},
                                                      "declineAuc adversarial": {"value": 0.75, "questions": 9}}))
    pairs = {"value": 0.8, "interval": [0.7, 0.9], "pairs": 40}
    (tmp_path / "reward.json").write_text(json.dumps({"kinds": {"right > wrong": pairs}, "all": pairs, "passages": 2}))
    done = run_script("--tiny", "--out", tmp_path, "--policy-evaluation", tmp_path / "policy.json", "--reward-evaluation", tmp_path / "reward.json")
    assert done.returncode == 0, done.stderr
    policy, reward = ((tmp_path / name / "README.md").read_text() for name in ("policy", "reward"))
    assert "| emForced | 62.5 % | 50.0 to 75.0 | 16 |" in policy and "| declineAuc adversarial | 75.0 % |  | 9 |" in policy
    assert "| right > wrong | 80.0 % | 70.0 to 90.0 | 40 |" in reward and "| all pairs |" in reward


def test_script_says_what_is_missing(tmp_path):
    failed = run_script("--policy", tmp_path, "--out", tmp_path / "models")
    assert failed.returncode != 0 and str(tmp_path / "model.safetensors") in failed.stderr
