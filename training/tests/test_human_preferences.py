import gzip
import json
import sys

import evaluate_human
import pytest
import torch

from rlhf.human_preferences import HumanPair, human_pairs
from rlhf.reward import RewardHead
from rlhf.toy_world import write_model


@pytest.fixture
def data(tmp_path):
    (tmp_path / "haluquestqa").mkdir()
    (tmp_path / "haluquestqa/HaluQuestQA.csv").write_text(
        "\tquestion_text\tans1_text\tans2_text\tans_preference\n" '0\tWhy?\t"one\nline"\ttwo\tAnswer 2\n')
    (tmp_path / "llmbar/Adversarial/Manual").mkdir(parents=True)
    (tmp_path / "llmbar/Adversarial/Manual/dataset.json").write_text(json.dumps([{"input": "Do it.", "output_1": "done", "output_2": "no", "label": 1}]))
    (tmp_path / "pandalm").mkdir()
    row = {"instruction": "Sum up.", "input": "A text.", "response1": True, "response2": "A."}
    votes = [(1, 1, 2), (2, 2, 2), (0, 0, 1), (0, 1, 2)]  # the last two: a tie, and no majority
    with gzip.open(tmp_path / "pandalm/testset-v1.json.gz", "wt") as file:
        json.dump([{**row, **{f"annotator{i + 1}": v for i, v in enumerate(vote)}} for vote in votes], file)
    return tmp_path


def test_pairs_as_people_ranked_them(data):
    assert human_pairs(data) == [
        HumanPair("haluquestqa", "Why?", "", "two", "one\nline"),
        HumanPair("llmbar manual", "Do it.", "", "done", "no"),
        HumanPair("pandalm", "Sum up.", "A text.", "True", "A."),
        HumanPair("pandalm", "Sum up.", "A text.", "A.", "True"),
    ]


def test_a_preference_that_is_none_is_named(data):
    path = data / "haluquestqa/HaluQuestQA.csv"
    path.write_text(path.read_text().replace("Answer 2", "both"))
    with pytest.raises(SystemExit, match=r"HaluQuestQA\.csv: row 1: field ans_preference is 'both'"):
        human_pairs(data)


def test_the_script_reports_each_part_with_its_baselines(data, tmp_path, monkeypatch):
    write_model(tmp_path / "reward", seed=1)
    torch.manual_seed(1)
    RewardHead(64).save(tmp_path / "reward")
    monkeypatch.setattr(sys, "argv", ["x", "--data", str(data), "--reward", str(tmp_path / "reward"), "--out", str(tmp_path / "human.json")])
    evaluate_human.main()
    parts = json.loads((tmp_path / "human.json").read_text())["parts"]
    assert {name: part["pairs"] for name, part in parts.items()} == {"haluquestqa": 1, "llmbar manual": 1, "pandalm": 2}
    assert parts["haluquestqa"]["alwaysLonger"] == 0 and parts["llmbar manual"]["alwaysLonger"] == 1 and parts["pandalm"]["alwaysLonger"] == 0.5
    assert parts["pandalm"]["value"] == 0.5  # the same two answers in both orders: one of them must be wrong
    monkeypatch.setattr(sys, "argv", ["x", "--data", str(tmp_path / "none"), "--reward", str(tmp_path / "reward"), "--out", str(tmp_path / "x")])
    with pytest.raises(SystemExit, match="none of haluquestqa, llmbar, pandalm"):
        evaluate_human.main()
