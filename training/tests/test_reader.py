"""The reader: the graph that is trained is the one that is served, places by hand, and the script from end to end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from rlhf.encoder import TINY, CrossEncoder, Encoder, load_tokenizer, pad_pairs
from rlhf.encoder_export import share_weights
from rlhf.reader import NOWHERE, Place, Reader, Readings, answer_place, best_span, span_loss
from rlhf.reranking import TRAINED_ON, Corpus

TRAINING = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("CANDOR_DATA", TRAINING.parent.parent / "shared/data"))
QUESTIONS = [[101, 2054, 2003, 102], [101, 2040, 102]]
PASSAGES = [[2000, 2001, 2002, 102], [2003, 102], [2004, 2005, 102]]


def reader() -> Reader:
    torch.manual_seed(0)
    return Reader(Encoder(TINY)).eval()


def tensors(batch):
    return {name: torch.from_numpy(value) for name, value in batch.items()}


def test_a_pair_is_read_alike_alone_and_beside_a_longer_one():
    short, long = (QUESTIONS[1] + PASSAGES[1], 2), (QUESTIONS[0] + PASSAGES[0], 4)
    with torch.no_grad():
        alone, beside = reader()(**tensors(pad_pairs([short])))[0], reader()(**tensors(pad_pairs([long, short])))[1]
    assert torch.allclose(alone, beside[: len(alone)], atol=1e-5)


def test_the_passage_sees_the_question():
    pairs = [(question + PASSAGES[0], len(question)) for question in ([101, 2054, 2003, 102], [101, 2054, 2040, 102])]
    with torch.no_grad():
        one, other = (reader()(**tensors(pad_pairs([pair])))[0, 4:7] for pair in pairs)
    assert not torch.allclose(one, other, atol=1e-4)


def test_readings_show_the_answer_elsewhere_and_nowhere():
    texts = [f"Town {i}. Town {i} has {100 + i} people and lies north of the river." for i in range(30)]
    asked = [(f"How many people live north of the river in town {i}?", [str(100 + i)], i) for i in range(30)]
    split = next(iter(TRAINED_ON))
    corpus = Corpus(texts, ["Towns"] * 30, [split] * 29 + ["dev"], [f" {t.lower()} " for t in texts], asked)
    readings = [reading for number in range(12) for reading in Readings(corpus, seed=3)[number]]
    assert [*Readings(corpus, seed=3)[5]] == [*Readings(corpus, seed=3)[5]]
    assert all(reading.passage < 29 for reading in readings)  # dev is never learnt from
    absent = [reading for reading in readings if reading.answers is None]
    assert 0.15 < len(absent) / len(readings) < 0.45
    swapped = [r for r in absent if (r.question, [str(100 + r.passage)], r.passage) not in asked and f"town {r.passage}?" in r.question]
    assert swapped and all("south" in r.question or r.question != asked[r.passage][0] for r in swapped)


def test_spans_are_distributions_over_the_passage_and_nowhere():
    rows = [(QUESTIONS[0] + PASSAGES[0], 4), (QUESTIONS[1] + PASSAGES[1], 3)]
    with torch.no_grad():
        probabilities = reader()(**tensors(pad_pairs(rows))).exp()  # (2, 8, 2)
    assert torch.allclose(probabilities.sum(1), torch.ones(2, 2), atol=1e-5)
    assert probabilities[0, 1:4].max() < 1e-6 and probabilities[1, 1:3].max() < 1e-6 and probabilities[1, 5:].max() < 1e-6
    assert probabilities[:, NOWHERE].min() > 0


def test_span_loss_by_hand():
    log_probabilities = torch.log(torch.tensor([[[0.5, 0.25], [0.5, 0.75]]]))  # (1, 2, 2)
    loss = span_loss(log_probabilities, torch.tensor([0]), torch.tensor([1]))
    assert float(loss) == pytest.approx(-(np.log(0.5) + np.log(0.75)) / 2, abs=1e-6)


def test_best_span_ends_behind_its_beginning():
    begin, end = [0.9, 0.05, 0.0001, 0.0499], [0.9, 0.05, 0.04, 0.01]
    log_probabilities = torch.log(torch.tensor([begin, end])).T  # (4, 2); the likeliest end stands before the passage
    first, last, score = best_span(log_probabilities, passage_from=1)
    assert (first, last) == (1, 1) and score == pytest.approx(np.log(0.05 * 0.05), abs=1e-5)
    assert best_span(log_probabilities.flip(0), passage_from=0, longest=2)[:2] == (3, 3)


def test_the_place_of_an_answer():
    tokenizer = load_tokenizer()
    text = "Paris. In 1900 it rained. The Seine rose in 1900 by eight metres."
    offsets = tokenizer.encode(text, add_special_tokens=False).offsets
    words = [text[begin:end] for begin, end in offsets]
    second = answer_place(text, offsets, "When did the Seine rise by eight metres?", ["1900"])
    assert second == Place(words.index("1900", 5), words.index("1900", 5))
    assert answer_place(text, offsets, "By how much?", ["eight metres"]) == Place(words.index("eight"), words.index("metres"))
    assert answer_place(text, offsets, "Who?", ["nobody"]) is None
    assert answer_place(text, offsets[:5], "By how much?", ["eight metres"]) is None  # cut off


def test_shared_weights_change_no_output(tmp_path):
    from rlhf.encoder_export import export_onnx

    torch.manual_seed(1)
    ranker, feed = CrossEncoder(Encoder(TINY)).eval(), pad_pairs([(QUESTIONS[0] + PASSAGES[0], 4)])
    ranker.encoder.words = (model := reader()).encoder.words
    paths = [tmp_path / "model.onnx", tmp_path / "reader.onnx"]
    export_onnx(ranker, feed, "relevance_logit", paths[0])
    export_onnx(model, feed, "span_logprobs", paths[1])
    before = [onnxruntime.InferenceSession(str(path)).run(None, feed)[0] for path in paths]
    sizes = [path.stat().st_size for path in paths]
    for _ in range(2):  # the second time they lie in the shared file already
        share_weights(paths, tmp_path / "weights.bin")
        after = [onnxruntime.InferenceSession(str(path)).run(None, feed)[0] for path in paths]
        assert all(np.array_equal(one, other) for one, other in zip(before, after))
        assert (tmp_path / "weights.bin").stat().st_size < 0.7 * sum(sizes)


def test_script_at_toy_size(tmp_path):
    if not DATA.exists():
        pytest.skip("no data sets: name their folder with CANDOR_DATA")
    out, embedder = tmp_path / "out", tmp_path / "embedder"
    run("export_embedder.py", "--out", embedder, "--work-dir", tmp_path / "e")
    run("train_reranker.py", "--out", out, "--embedder", embedder, "--work-dir", tmp_path / "r")
    run("train_reader.py", "--reranker", out, "--work-dir", tmp_path / "work")
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["reader"]["training"]["step"] > 0 and manifest["reader"]["metrics"]["int8"]["questions"] > 0
    assert {"model.onnx", "reader.onnx", "weights.bin", "tokenizer.json", "examples.json"} <= set(manifest["files"])
    example = json.loads((out / "examples.json").read_text())[0]
    feed = pad_pairs([(example["inputIds"], example["questionTokens"])])
    logit = onnxruntime.InferenceSession(str(out / "model.onnx")).run(None, feed)[0]
    assert float(logit[0]) == pytest.approx(example["relevanceLogit"], abs=0.5)
    run("train_reader.py", "--reranker", out, "--work-dir", tmp_path / "work")  # resumed: nothing left to train
    assert json.loads((out / "manifest.json").read_text())["reader"] == manifest["reader"]


def run(script: str, *arguments) -> None:
    command = [sys.executable, TRAINING / "scripts" / script, "--data", DATA, "--tiny", *arguments]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
