import torch

from rlhf.packing import Segment, hidden_states, label_logprobs, pack
from rlhf.rows import demonstration


def test_a_branch_reads_as_if_it_stood_alone_behind_its_passage(tiny_model, tokenizer, row):
    segments = demonstration(row, tokenizer)
    packed = pack([segments], 0)
    together = label_logprobs(tiny_model, packed, hidden_states(tiny_model, packed))
    for s in range(1, len(segments)):
        ids = torch.tensor([segments[0].tokens + segments[s].tokens])
        logprobs = torch.log_softmax(tiny_model(ids).logits[0], -1)
        learnt = [len(segments[0].tokens) + i for i, t in enumerate(segments[s].targets) if t]
        alone = torch.stack([logprobs[i - 1, ids[0, i]] for i in learnt])
        assert torch.allclose(together[packed.owners[:, 1] == s], alone, atol=1e-4)


def test_a_candidate_behind_a_question_sees_passage_and_question_but_no_other_candidate(tiny_model):
    root, question = Segment([5, 6, 7]), Segment([8, 9], 0)
    first, second = Segment([10, 11], 1), Segment([12, 13, 1], 1)
    packed = pack([[root, question, first, second]], 0)
    hidden = hidden_states(tiny_model, packed)
    alone = tiny_model.model(torch.tensor([[5, 6, 7, 8, 9, 12, 13, 1]])).last_hidden_state
    assert torch.allclose(hidden[0, packed.last[0][3]], alone[0, -1], atol=1e-4)


def test_rows_of_different_length_do_not_disturb_each_other(tiny_model):
    short, long = [Segment([5, 6]), Segment([7, 1], 0, [False, True])], [Segment([9] * 9), Segment([8, 1], 0, [True, True])]
    together = pack([short, long], 0)
    logprobs = label_logprobs(tiny_model, together, hidden_states(tiny_model, together))
    alone = pack([short], 0)
    assert torch.allclose(logprobs[:1], label_logprobs(tiny_model, alone, hidden_states(tiny_model, alone)), atol=1e-4)
    assert together.owners.tolist() == [[0, 1], [1, 1], [1, 1]]
