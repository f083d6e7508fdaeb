"""The encoder against transformers' BertModel, retrieval by hand, and both scripts from end to end at toy size."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from rlhf.distillation import kept_layers, list_divergence, read_cross_encoder, with_layers
from rlhf.encoder import (
    TINY,
    CrossEncoder,
    Embedder,
    Encoder,
    EncoderConfig,
    encode_pairs,
    encode_texts,
    listwise_loss,
    load_tokenizer,
    pad_pairs,
    pad_texts,
    passage_text,
    renamed,
)
from rlhf.relevance import fit_platt, reranked, sigmoid
from rlhf.retrieval import Bm25, first_hit, measures, reciprocal_rank_fusion, top

TRAINING = Path(__file__).resolve().parents[1]
MODELS = TRAINING.parent / "models"
DATA = Path(os.environ.get("CANDOR_DATA", TRAINING.parent.parent / "shared/data"))


def test_encoder_equals_bert_model():
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    bert = BertModel(
        BertConfig(
            vocab_size=100,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=40,
        )
    ).eval()
    encoder = Encoder(EncoderConfig(vocabulary=100, width=32, layers=2, heads=4, inner=64, positions=40)).eval()
    encoder.load_state_dict(renamed(bert.state_dict()))
    ids, mask = torch.randint(0, 100, (3, 11)), torch.ones(3, 11, dtype=torch.int64)
    types = torch.randint(0, 2, (3, 11))
    mask[1, 7:] = 0
    with torch.no_grad():
        expected = bert(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        actual = encoder(ids, torch.arange(11), types, -1e4 * (1 - mask[:, None, None].float()))
    assert torch.allclose(actual[mask.bool()], expected[mask.bool()], atol=1e-5)


def test_padding_changes_no_vector_and_no_logit():
    torch.manual_seed(0)
    embedder, reader = Embedder(Encoder(TINY)).eval(), CrossEncoder(Encoder(TINY)).eval()
    short, long = [101, 7592, 102], [101, *range(2000, 2030), 102]
    with torch.no_grad():
        alone, padded = (embedder(**tensors(pad_texts(rows)))[0] for rows in ([short], [short, long]))
        assert torch.allclose(alone, padded, atol=1e-5)
        assert alone.norm().item() == pytest.approx(1, abs=1e-5)
        alone, padded = (reader(**tensors(pad_pairs(rows)))[0] for rows in ([(short, 2)], [(short, 2), (long, 5)]))
        assert torch.allclose(alone, padded, atol=1e-5)


def test_pairs_keep_the_question_and_cut_the_passage():
    tokenizer = load_tokenizer()
    assert passage_text("Piano", "Text.", [" Early\n years", ""]) == "Piano. Early years. Text."
    rows = encode_pairs(tokenizer, "who wrote it?", [passage_text(" Hamlet ", "word " * 50), passage_text("", "short")], 20)
    (ids, head), (short, _) = rows
    assert tokenizer.decode(ids[:head], skip_special_tokens=False) == "[CLS] who wrote it? [SEP]"
    assert len(ids) == 20 and ids[-1] == 102
    assert tokenizer.decode(ids[head : head + 2]) == "hamlet."
    batch = pad_pairs(rows)
    assert batch["token_type_ids"][1].tolist() == [0] * head + [1] * (len(short) - head) + [0] * (20 - len(short))
    assert encode_texts(tokenizer, ["one two three"], 4)[0] == [101, 2028, 2048, 102]


def test_listwise_loss_by_hand():
    logits = torch.tensor([[0.0, math.log(3.0), 9.0, 0.0]])  # without the third: softmax of the gold one is 3 / 5
    known = torch.tensor([[True, True, False, True]])
    binary = (-math.log(0.75) - 2 * math.log(0.5)) / 3
    expected = -math.log(0.6) + 0.25 * binary
    assert listwise_loss(logits, torch.tensor([1]), known, 0.25).item() == pytest.approx(expected, abs=1e-5)


def test_grid_of_training_equals_pairs_of_serving():
    torch.manual_seed(0)
    model = CrossEncoder(Encoder(TINY)).eval()
    questions = [[101, 2054, 2003, 102], [101, 2040, 102]]
    passages = [[2000, 2001, 2002, 102], [2003, 102], [2004, 2005, 102]]
    q, p = tensors(pad_texts(questions)), tensors(pad_texts(passages))
    with torch.no_grad():
        grid = model.grid(q["input_ids"], q["attention_mask"], p["input_ids"], p["attention_mask"])
        pairs = model(
            **tensors(pad_pairs([(question + passage, len(question)) for question in questions for passage in passages]))
        )
    assert torch.allclose(grid.flatten(), pairs, atol=1e-5)


def test_bm25_by_hand():
    bm25 = Bm25(["cat cat dog", "dog bird fish"], k1=1.2, b=0.75)
    idf = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))  # one of two texts
    assert bm25.scores("the cat").tolist() == pytest.approx([idf * 2 * 2.2 / (2 + 1.2), 0], abs=1e-5)
    assert top(bm25.scores("dog fish"), 2) == [1, 0]
    assert top(np.array([1.0, 3.0, 3.0]), 9) == [1, 2, 0]


def test_fusion_and_measures_by_hand():
    #          a: 1/61 + 1/63, b: 1/62 + 1/61, c: 1/63 + 1/62, d: 1/64
    assert reciprocal_rank_fusion([[0, 1, 2], [1, 2, 0, 3]]) == [1, 0, 2, 3]
    assert first_hit([4, 2, 9], {9, 2}) == 2 and first_hit([4], {1}) is None
    result = measures([1, 2, None, 6])
    assert [result[name]["value"] for name in ("recallAt1", "recallAt5", "recallAt10")] == [0.25, 0.5, 0.75]
    assert result["mrr"]["value"] == pytest.approx((1 + 1 / 2 + 1 / 6) / 4, abs=1e-4)


def test_rank_before_reading_counts_as_prior_odds():
    record = {"ranking": [7, 8, 9], "logits": [0.0, 1.0, 2.1]}
    assert reranked(record, 0) == [7, 8, 9]
    assert reranked(record, 2) == [8, 7, 9]
    # temperature 2: 0 - ln 1 = 0, 0.5 - ln 2 = -0.19, 1.05 - ln 3 = -0.05
    assert reranked(record, 3, temperature=2.0) == [7, 9, 8]


def test_platt_finds_the_line_that_made_the_labels():
    logits = np.linspace(-6, 6, 4001)
    labels = (np.random.default_rng(0).random(4001) < sigmoid(0.5 * logits - 1)).astype(float)
    assert fit_platt(logits, labels) == pytest.approx((0.5, -1), abs=0.15)


@pytest.mark.parametrize("name, key", [("embedder", "embeddingStart"), ("reranker", "relevanceLogit")])
def test_committed_model_gives_its_examples(name, key):
    directory = MODELS / name
    if not (directory / "model.onnx").exists():
        pytest.skip(f"models/{name} is not there yet: run training/runs/full.sh")
    manifest = json.loads((directory / "manifest.json").read_text())
    tokenizer = load_tokenizer(directory / "tokenizer.json")
    session = onnxruntime.InferenceSession(str(directory / "model.onnx"), providers=["CPUExecutionProvider"])
    assert {i.name for i in session.get_inputs()} == set(manifest["inputs"])
    for example in json.loads((directory / "examples.json").read_text()):
        if name == "embedder":
            rows = encode_texts(tokenizer, [example["text"]], manifest["maxTokens"])
            actual, feed = rows[0], pad_texts(rows)
        else:
            rows = encode_pairs(tokenizer, example["question"], [example["passage"]], manifest["maxTokens"])
            actual, feed = rows[0][0], pad_pairs(rows)
        assert actual == example["inputIds"]
        output = session.run(None, feed)[0]
        if name == "embedder":
            assert output[0][:8].tolist() == pytest.approx(example[key], abs=0.02)
        else:
            assert float(output[0]) == pytest.approx(example[key], abs=0.5)


def test_both_scripts_at_toy_size(tmp_path):
    if not DATA.exists():
        pytest.skip(f"{DATA} is not there: name the folder of the data sets in CANDOR_DATA")
    embedder, reranker, work = tmp_path / "embedder", tmp_path / "reranker", tmp_path / "work"
    run("export_embedder.py", "--out", embedder, "--work-dir", work / "e")
    arguments = ("--out", reranker, "--embedder", embedder, "--work-dir", work / "r")
    run("train_reranker.py", *arguments)
    manifest = json.loads((reranker / "manifest.json").read_text())
    assert manifest["training"]["steps"] > 0 and manifest["calibration"]["temperature"] > 0
    assert [row["depth"] for row in manifest["metrics"]["rerankedByDepth"]][0] == 0
    assert "there already" in run("train_reranker.py", *arguments)
    state = torch.load(work / "r/state.pt", weights_only=True)["state"]
    (reranker / "manifest.json").unlink()
    run("train_reranker.py", *arguments)  # trained already: only evaluated and exported
    assert torch.load(work / "r/state.pt", weights_only=True)["state"] == state


def test_smaller_reranker_at_toy_size(tmp_path):
    if not DATA.exists():
        pytest.skip("no data sets: name their folder with CANDOR_DATA")
    embedder, teacher, student, work = (tmp_path / name for name in ("embedder", "teacher", "student", "work"))
    run("export_embedder.py", "--out", embedder, "--work-dir", work / "e")
    run("train_reranker.py", "--out", teacher, "--embedder", embedder, "--work-dir", work / "t")
    read = read_cross_encoder(teacher / "model.onnx")
    example = json.loads((teacher / "examples.json").read_text())[0]
    rows = [(example["inputIds"], example["questionTokens"])]
    assert float(read(**tensors(pad_pairs(rows)))[0]) == pytest.approx(example["relevanceLogit"], abs=0.05)

    arguments = ("--teacher", teacher, "--layers", 1, "--out", student, "--embedder", embedder, "--work-dir", work / "s")
    run("train_reranker.py", *arguments)
    manifest = json.loads((student / "manifest.json").read_text())
    assert manifest["name"] == "candor-reranker-minilm-l1"
    assert manifest["source"].endswith("distilled from candor-reranker-minilm-l2@1.0.0")
    assert manifest["training"]["steps"] > 0 and "depth50threads2" in manifest["metrics"]["latencyMs"]
    assert len(read_cross_encoder(student / "model.onnx").encoder.layers) == 1


def test_student_begins_with_the_teachers_layers():
    assert kept_layers(6, 3) == [1, 3, 5] and kept_layers(6, 2) == [2, 5] and kept_layers(6, 6) == list(range(6))
    with pytest.raises(ValueError, match="expected 1 to 6 layers"):
        kept_layers(6, 7)
    torch.manual_seed(0)
    teacher = CrossEncoder(Encoder(EncoderConfig(vocabulary=100, width=32, layers=4, heads=2, inner=64, positions=40)))
    student = with_layers(teacher, 2)
    for own, index in zip(student.encoder.layers, (1, 3)):
        wanted = teacher.encoder.layers[index].state_dict()
        assert all(torch.equal(value, wanted[name]) for name, value in own.state_dict().items())
    assert torch.equal(student.encoder.words.weight, teacher.encoder.words.weight)
    assert torch.equal(student.score.weight, teacher.score.weight)


def test_divergence_of_lists_by_hand():
    # teacher 1/2, 1/2; student 3/4, 1/4: 1/2 ln(2/3) + 1/2 ln 2 = 1/2 ln(4/3)
    student, teacher = torch.log(torch.tensor([[3.0, 1.0]])), torch.zeros(1, 2)
    assert float(list_divergence(student, teacher)) == pytest.approx(0.5 * np.log(4 / 3), abs=1e-6)
    assert float(list_divergence(teacher + 5, teacher)) == pytest.approx(0, abs=1e-6)


def test_missing_data_is_said_plainly(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            TRAINING / "scripts/export_embedder.py",
            "--data",
            tmp_path,
            "--out",
            tmp_path / "o",
            "--work-dir",
            tmp_path / "w",
            "--tiny",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "give the folder of the data sets with --data" in done.stderr
    assert "Traceback" not in done.stderr


def run(script: str, *arguments) -> str:
    command = [sys.executable, TRAINING / "scripts" / script, "--data", DATA, "--tiny", *arguments]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def tensors(batch):
    return {name: torch.from_numpy(value) for name, value in batch.items()}
