"""Reward models on different encoders, and runs side by side, as a user calls them."""

import json
import random
import sys

import ablate_length
import compare_curves
import compare_encoders
import pytest
import torch
from test_reward import ranked

from rlhf.encoder import TINY, Encoder, load_tokenizer
from rlhf.encoder_reward import EncoderReward, encoder_inputs, encoder_scores
from rlhf.reward import ranked_row
from rlhf.toy_world import write_model


def test_an_encoder_scores_the_candidates_of_a_row(row, tokenizer):
    torch.manual_seed(0)
    model, packed = EncoderReward(Encoder(TINY)), ranked_row(ranked(row), tokenizer)
    with torch.no_grad():
        r = encoder_scores(model, packed, encoder_inputs(row, packed, load_tokenizer()))
        candidates = [place for places in packed.candidates for place in places]
        first = {**row, "branches": row["branches"][:1]}
        alone = model(**encoder_inputs(first, ranked_row(first, tokenizer), load_tokenizer())[1])
    assert r.shape == (len(packed.segments),) and (r != 0).nonzero()[:, 0].tolist() == candidates
    assert torch.allclose(r[packed.candidates[0]], alone, atol=1e-5)  # padding changes nothing


def test_encoders_are_compared(row, tmp_path, monkeypatch, capsys):
    write_model(tmp_path / "policy", seed=1)
    rows = [json.dumps({**ranked(json.loads(json.dumps(row))), "id": f"{t}#0", "title": t}) for t in "ABCDEFGHIJ"]
    (tmp_path / "candidates.jsonl").write_text("\n".join(rows) + "\n")
    monkeypatch.setattr(sys, "argv", ["x", "--candidates", str(tmp_path / "candidates.jsonl"), "--policy", str(tmp_path / "policy"), "--frozen-layers", "1",
                                      "--steps", "2", "--rows-per-step", "1", "--held-out", "2", "--tiny-encoder", "--out", str(tmp_path / "out.json")])
    compare_encoders.main()
    report = json.loads((tmp_path / "out.json").read_text())
    assert [c["name"] for c in report["contenders"]] == ["policy trunk", "MiniLM-L6"]
    assert all(c["steps"] == 2 and c["servingMilliseconds"] > 0 and 0 <= c["figures"]["all"] <= 1 for c in report["contenders"])
    assert "ms a candidate" in capsys.readouterr().out


def test_runs_are_compared_after_the_same_time(tmp_path, monkeypatch, capsys):
    for name, minutes in (("top", (1, 2, 3)), ("full", (1.5, 2.9))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "curve.jsonl").write_text("".join(json.dumps({"step": i, "minutes": m, "devLoss": 1 / m}) + "\n" for i, m in enumerate(minutes)))
    options = ["--run", f"top={tmp_path / 'top'}", "--run", f"full={tmp_path / 'full'}", "--out", str(tmp_path / "out.json"), "--figure", str(tmp_path / "x.png")]
    monkeypatch.setattr(sys, "argv", ["x", *options])
    compare_curves.main()
    table = json.loads((tmp_path / "out.json").read_text())["runs"]
    assert table["top"][0]["minutes"] == 2 and table["full"][0]["minutes"] == 2.9  # the third one of `top` came later
    assert (tmp_path / "x.png").stat().st_size > 1000
    monkeypatch.setattr(sys, "argv", ["x", "--run", f"none={tmp_path}"])
    with pytest.raises(SystemExit, match="expected NAME=FOLDER with a curve.jsonl"):
        compare_curves.main()


def test_length_bias_is_put_in_and_its_ablation_runs(row, tmp_path, monkeypatch, capsys):
    def texts(bias):
        changed = ablate_length.lengthened(ranked(json.loads(json.dumps(row))), "the", bias, random.Random(1))
        return [c["text"] for branch in changed["branches"] for c in branch["candidates"]]

    assert texts(1.0)[:3] == [" unanswerable", " the 4808 m [1]", " 7 [1]"]  # only right answers become longer
    assert texts(0.0)[:3] == [" unanswerable", " 4808 m [1]", " the 7 [1]"]
    write_model(tmp_path / "policy", seed=1)
    rows = [json.dumps({**ranked(json.loads(json.dumps(row))), "id": f"{t}#0", "title": t}) for t in "ABCDEFGHIJ"]
    (tmp_path / "candidates.jsonl").write_text("\n".join(rows) + "\n")
    monkeypatch.setattr(sys, "argv", ["x", "--candidates", str(tmp_path / "candidates.jsonl"), "--policy", str(tmp_path / "policy"), "--frozen-layers", "1",
                                      "--steps", "3", "--held-out", "2", "--out", str(tmp_path / "out.json")])
    ablate_length.main()
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["without"]["lengthCoefficient"] is None and report["with"]["lengthCoefficient"] != 0
