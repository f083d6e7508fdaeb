"""The reader that is the reranker: what it says does not depend on what is read beside it, and figures by hand."""

import numpy as np
import pytest
import torch

from rlhf.encoder import TINY, Encoder, EncoderConfig, load_tokenizer, pad_pairs
from rlhf.reader import (
    NOWHERE,
    Place,
    Reader,
    Readings,
    answer_place,
    best_span,
    divergence,
    kept_layers,
    span_loss,
    with_layers,
)
from rlhf.reranking import TRAINED_ON, Corpus

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
        (rank, alone), (ranks, both) = (reader()(**tensors(pad_pairs(rows))) for rows in ([short], [long, short]))
    assert torch.allclose(alone[0], both[1, : alone.shape[1]], atol=1e-5)
    assert torch.allclose(rank[0], ranks[1], atol=1e-4)


def test_the_passage_sees_the_question():
    pairs = [(question + PASSAGES[0], len(question)) for question in ([101, 2054, 2003, 102], [101, 2054, 2040, 102])]
    with torch.no_grad():
        one, other = (reader()(**tensors(pad_pairs([pair])))[1][0, 4:7] for pair in pairs)
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
    assert 0.3 < len(absent) / len(readings) < 0.6
    swapped = [r for r in absent if (r.question, [str(100 + r.passage)], r.passage) not in asked and f"town {r.passage}?" in r.question]
    siblings = [r for r in absent if f"town {r.passage}?" not in r.question and r.question in [text for text, _, _ in asked]]
    assert siblings and all(str(100 + int(r.question.split()[-1].strip("?"))) not in texts[r.passage] for r in siblings)
    assert swapped and all("south" in r.question or r.question != asked[r.passage][0] for r in swapped)


def test_spans_are_distributions_over_the_passage_and_nowhere():
    rows = [(QUESTIONS[0] + PASSAGES[0], 4), (QUESTIONS[1] + PASSAGES[1], 3)]
    with torch.no_grad():
        probabilities = reader()(**tensors(pad_pairs(rows)))[1].exp()  # (2, 8, 2)
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


def test_relevance_by_hand():
    model = reader()
    rows = [(QUESTIONS[0] + PASSAGES[0], 4)]
    with torch.no_grad():
        relevance, log_probabilities = model(**tensors(pad_pairs(rows)))
    nowhere = log_probabilities[0, NOWHERE].exp()  # (2,)
    odds = torch.log((1 - nowhere) / nowhere)
    assert relevance[0].item() == pytest.approx(odds.mean().item(), abs=1e-4)


def test_a_smaller_one_begins_with_layers_of_the_encoder():
    assert kept_layers(6, 3) == [1, 3, 5] and kept_layers(6, 2) == [2, 5] and kept_layers(6, 6) == list(range(6))
    with pytest.raises(ValueError, match="expected 1 to 6 layers"):
        kept_layers(6, 7)
    torch.manual_seed(0)
    whole = Encoder(EncoderConfig(vocabulary=100, width=32, layers=4, heads=2, inner=64, positions=40))
    small = with_layers(whole, 2)
    for own, index in zip(small.layers, (1, 3)):
        wanted = whole.layers[index].state_dict()
        assert all(torch.equal(value, wanted[name]) for name, value in own.state_dict().items())
    assert torch.equal(small.words.weight, whole.words.weight)


def test_divergence_by_hand():
    # begin: teacher 1/2, 1/2, student 3/4, 1/4: 1/2 ln(2/3) + 1/2 ln 2 = 1/2 ln(4/3); end: the same distribution
    student = torch.log(torch.tensor([[[0.75, 0.5], [0.25, 0.5]]]))  # (1, 2, 2)
    teacher = torch.log(torch.full((1, 2, 2), 0.5))
    assert float(divergence(student, teacher)) == pytest.approx(0.25 * np.log(4 / 3), abs=1e-6)
