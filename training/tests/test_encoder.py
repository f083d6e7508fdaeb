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

from rlhf.encoder import (
    TINY,
    Embedder,
    Encoder,
    EncoderConfig,
    encode_pairs,
    encode_texts,
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


def test_padding_changes_no_vector():
    torch.manual_seed(0)
    embedder = Embedder(Encoder(TINY)).eval()
    short, long = [101, 7592, 102], [101, *range(2000, 2030), 102]
    with torch.no_grad():
        alone, padded = (embedder(**tensors(pad_texts(rows)))[0] for rows in ([short], [short, long]))
        assert torch.allclose(alone, padded, atol=1e-5)
        assert alone.norm().item() == pytest.approx(1, abs=1e-5)


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
    arguments = ("--teacher", teacher, "--layers", 1, "--out", student, "--embedder", embedder, "--work-dir", work / "s")
    run("train_reranker.py", *arguments)
    manifest = json.loads((student / "manifest.json").read_text())
    assert manifest["name"] == "candor-reader-minilm-l1"
    assert manifest["source"].endswith("distilled from candor-reader-minilm-l2@1.1.0")
    assert manifest["training"]["steps"] > 0 and "depth50threads2" in manifest["metrics"]["latencyMs"]
    assert [output.name for output in onnxruntime.InferenceSession(str(student / "model.onnx")).get_outputs()] == [
        "relevance_logit", "span_logprobs",
    ]  # fmt: skip


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
