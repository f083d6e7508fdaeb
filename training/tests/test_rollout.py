import torch

from rlhf.prompts import passage_text, question_text
from rlhf.rollout import sample


def test_greedy_completions_equal_a_plain_greedy_loop(tiny_model, tokenizer, row):
    questions = [b["question"] for b in row["branches"]]  # of different lengths: padding must not matter
    drawn = sample(tiny_model, tokenizer, row["title"], row["sentences"], questions, 2, max_tokens=6)
    for question, completions in zip(questions, drawn):
        ids = tokenizer.encode(passage_text(row["title"], row["sentences"])) + tokenizer.encode(question_text(question))
        expected, logprob = [], 0.0
        with torch.no_grad():
            for _ in range(6):
                logprobs = torch.log_softmax(tiny_model(torch.tensor([ids])).logits[0, -1], -1)
                token = logprobs.argmax().item()
                logprob += logprobs[token].item()
                if token == tokenizer.end:
                    break
                expected.append(token)
                ids.append(token)
        assert completions[0].tokens == expected
        assert abs(completions[0].logprob - logprob) < 1e-3


def test_same_seed_same_samples(tiny_model, tokenizer, row):
    def draw():
        generator = torch.Generator().manual_seed(7)
        return sample(tiny_model, tokenizer, row["title"], row["sentences"], ["Who?"], 4, max_tokens=5, generator=generator)

    assert draw() == draw()
    assert len({tuple(c.tokens) for c in draw()[0]}) > 1
