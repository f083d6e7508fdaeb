import gzip
import json
import random
import sys

import make_trap_questions
import prepare_data
import pytest

from rlhf.negatives import as_logged_query, sibling_questions, swapped_question, with_typo
from rlhf.rows import read_rows
from rlhf.splits import SPLITS, article_fraction, split_of
from rlhf.squad import Passage, Question, supporting_sentence


def test_the_splits_cover_everything_once():
    edges = sorted(SPLITS.values())
    assert edges[0][0] == 0 and edges[-1][1] == 1
    assert all(a[1] == b[0] for a, b in zip(edges, edges[1:]))


def test_a_title_stays_where_it_is():  # the same values as in tests/samples: both languages must agree
    assert split_of("University_of_Notre_Dame") == split_of("University_of_Notre_Dame")
    assert abs(article_fraction("Beyoncé") - article_fraction("Beyoncé")) == 0


def test_of_several_occurrences_the_sentence_that_shares_the_question_words_counts():
    sentences = ["In 1999 it rained.", "The bridge was opened in 1999.", "Nothing."]
    assert supporting_sentence(sentences, "When was the bridge opened?", "1999") == 2
    assert supporting_sentence(sentences, "When?", "2001") is None


def passage(id, text, *questions):
    return Passage(id, "T", text, [text], [Question("q", q, [a], 1) for q, a in questions])


def test_sibling_questions_are_not_answered_here():
    here = passage("a", "The bridge was opened in 1999.", ("When was it opened?", "1999"))
    other = passage("b", "It cost 5 million and opened in 1999.", ("What did the bridge cost?", "5 million"), ("When opened?", "1999"))
    assert sibling_questions(here, [here, other], random.Random(0), 5) == ["What did the bridge cost?"]


@pytest.mark.parametrize("seed", range(8))
def test_a_swapped_question_differs_and_never_names_the_answer(seed):
    text = "The Tower Bridge in London was opened in 1894 by Edward. The Severn Bridge in Wales opened in 1966."
    p = passage("a", text, ("When was the Tower Bridge in London first opened?", "1894"))
    changed = swapped_question(p.questions[0], p, ["Severn Bridge", "Wales"], random.Random(seed))
    assert changed is None or (changed != p.questions[0].text and "1894" not in changed)


def test_logged_queries_have_no_capitals_and_no_question_mark():
    for seed in range(20):
        query = as_logged_query("When was the Tower Bridge opened?", random.Random(seed))
        assert query == query.lower() and "?" not in query and query
    assert with_typo("bridge", random.Random(1)) != "bridge"


GOOD = {"title": "T", "sentences": ["S."], "branches": [{"question": "Q?", "answers": ["S"], "sentence": 1, "kind": "gold"}]}


def branch_with(**changes):
    return {**GOOD, "branches": [GOOD["branches"][0], {**GOOD["branches"][0], **changes}]}


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (b"{broken", "not JSON"),
        (b'"text"', "expected an object, found str"),
        (b'{"title": "\xff"}', "not UTF-8"),
        ({"title": "T", "sentences": ["S."]}, "field branches is missing"),
        ({**GOOD, "sentences": "S."}, "fields sentences and branches must be lists"),
        ({**GOOD, "branches": [{}]}, r"branches\[0\]: field question must be a text"),
        (branch_with(answers="S"), r"branches\[1\]: field answers must be a list of texts"),
        (branch_with(sentence=2), r"branches\[1\]: field sentence is 2, expected 1 to 1"),
        (branch_with(sentence=None), r"branches\[1\]: field sentence is None"),
    ],
)
def test_a_broken_line_is_named(tmp_path, second, message):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(json.dumps(GOOD).encode() + b"\n" + (second if isinstance(second, bytes) else json.dumps(second).encode()) + b"\n")
    with pytest.raises(SystemExit, match=r"rows\.jsonl:2: " + message):
        read_rows(path)
    assert read_rows(path, 1) == [GOOD]


def test_a_missing_and_an_empty_file_are_named(tmp_path):
    with pytest.raises(SystemExit, match=r"none\.jsonl: no such file"):
        read_rows(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text(json.dumps({**GOOD, "branches": []}) + "\n")
    with pytest.raises(SystemExit, match=r"empty\.jsonl: no row that asks anything"):
        read_rows(tmp_path / "empty.jsonl")


def test_unanswerable_questions_need_no_sentence(tmp_path):
    (tmp_path / "rows.jsonl").write_text(json.dumps(branch_with(answers=[], sentence=None)) + "\n")
    assert len(read_rows(tmp_path / "rows.jsonl")[0]["branches"]) == 2


def test_what_an_evaluation_set_has_is_left_out_and_counted_for_each_set(tmp_path, monkeypatch):
    words = "the quick brown fox jumps over the lazy dog while seven old owls watch from the tall tree"
    article = lambda title, context: {"title": title, "paragraphs": [{"context": context, "qas": [
        {"id": "q", "question": "What does the fox do over the dog?", "answers": [{"text": "jumps", "answer_start": context.find("jumps")}]}]}]}
    (tmp_path / "squad").mkdir()
    for name, articles in (("train-v1.1", [article("Foxes", f"Here {words}."), article("Named", "It jumps."), article("Kept", "A fox jumps.")]),
                           ("dev-v2.0-a", [article("Named", "Nothing jumps.")])):
        with gzip.open(tmp_path / f"squad/{name}.json.gz", "wt") as file:
            json.dump({"data": articles}, file)
    (tmp_path / "begin").mkdir()
    (tmp_path / "begin/begin_dev_a.tsv").write_text(f"model_name\tknowledge\tresponse\nx\tIt is said that {words.upper()}\ty\n")
    (tmp_path / "nq-open").mkdir()
    (tmp_path / "nq-open/NQ-open.dev.jsonl").write_text('{"question": "what does the fox do over the dog"}\n')
    monkeypatch.setattr(sys, "argv", ["prepare_data", "--data", str(tmp_path), "--out", str(tmp_path / "out")])
    prepare_data.main()
    card = json.loads((tmp_path / "out/card.json").read_text())
    assert card["leftOut"] == {"passages of articles that an evaluation set names": 1, "passages sharing 13 words with an evaluation set": 1}
    assert card["overlap"]["begin"] == {"texts": 1, "questions": 0, "passagesOfItsArticles": 0, "passagesSharingWords": 1, "sameQuestions": 0}
    assert card["overlap"]["squad/dev-v2.0-a"]["passagesOfItsArticles"] == 1
    assert card["overlap"]["nq-open"]["sameQuestions"] == 3
    learnt = "".join((tmp_path / "out" / name).read_text() for name in card["files"] if name != "evaluation.jsonl")
    assert "owls" not in learnt and "Named" not in learnt


def test_trap_questions_are_the_changed_ones_and_have_no_answer(tmp_path, monkeypatch, capsys):
    branches = [
        {"question": "Which is the largest?", "answers": ["here"], "sentence": 1, "kind": "gold"},
        {"question": "Which is the smallest?", "answers": [], "sentence": None, "kind": "swapped"},
    ]
    rows, out = tmp_path / "rows.jsonl", tmp_path / "traps.jsonl"
    rows.write_text("".join(json.dumps({"id": f"T#{i}", "title": "T", "sentences": ["It is here."], "branches": branches}) + "\n" for i in range(5)))
    monkeypatch.setattr(sys, "argv", ["make_trap_questions.py", "--rows", str(rows), "--limit", "3", "--out", str(out)])
    make_trap_questions.main()
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert len({line["id"] for line in lines}) == 3
    for line in lines:
        assert (line["question"], line["answers"], line["answerable"], line["kind"]) == ("Which is the smallest?", [], False, "trap")

    rows.write_text(json.dumps({"id": "T#0", "title": "T", "sentences": ["It is here."], "branches": branches[:1]}) + "\n")
    with pytest.raises(SystemExit, match="no question of kind swapped"):
        make_trap_questions.main()
