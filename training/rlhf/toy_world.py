"""A world small enough to be learnt in a minute: things in places, in SQuAD's form, with a model and a tokenizer of its words.

    "The ball is in Paris. The cup is in Oslo. .."   "Where is the cup?" -> "Oslo [2]"   "Where is the hat?" -> decline

So the whole chain runs on one CPU core without a download, and really learns something.
"""

import gzip
import json
import random
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

THINGS = "ball cup hat book lamp kite".split()
PLACES = "Paris Oslo Rome Lima Cairo Delhi Tokyo Quito Berlin Madrid Vienna Dublin".split()  # two for each thing: which of them, only the passage tells
SENTENCES = 3
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<unk>"]
OTHER_WORDS = "Question Answer The the is in Where where Town not unanswerable : . ? # ,".split()


def write_squad(path: Path, articles: int, seed: int, passages: int = 4) -> None:
    """A SQuAD 1.1 file. In a town a thing has one place, whichever passage tells of it; the questions of a passage ask for its own
    things, so that a question of another passage is either about a thing that does not stand here or has the same answer."""
    rng = random.Random(seed)
    data = []
    for number in range(articles):
        paragraphs = []
        home = {thing: PLACES[2 * i + rng.randrange(2)] for i, thing in enumerate(THINGS)}
        for _ in range(passages):
            things = rng.sample(THINGS, SENTENCES)
            places = [home[thing] for thing in things]
            context = " ".join(f"The {thing} is in {place}." for thing, place in zip(things, places))
            qas = [{"id": f"{number}-{len(paragraphs)}-{thing}", "question": f"Where is the {thing}?",
                    "answers": [{"text": place, "answer_start": context.index(place)}]} for thing, place in zip(things, places)]
            paragraphs.append({"context": context, "qas": qas})
        data.append({"title": f"Town_{number}", "paragraphs": paragraphs})
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump({"version": "1.1", "data": data}, file)


def write_model(folder: Path, seed: int, hidden: int = 64, layers: int = 3) -> None:
    """An untrained Llama of a few hundred kilobytes and its tokenizer: a word is a token, and so is a pointer like [2]."""
    words = SPECIAL + THINGS + PLACES + OTHER_WORDS + [f"[{n}]" for n in range(1, SENTENCES + 1)]
    inner = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(r"\[\d+\]|\w+|[^\w\s]"), behavior="removed", invert=True)
    inner.add_special_tokens(SPECIAL)
    PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<|endoftext|>", unk_token="<unk>", eos_token="<|im_end|>").save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(vocab_size=len(words), hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=4, num_key_value_heads=4,
                         intermediate_size=2 * hidden, max_position_embeddings=256, tie_word_embeddings=True, pad_token_id=0, bos_token_id=0, eos_token_id=2,
                         initializer_range=0.08)
    LlamaForCausalLM(config).save_pretrained(folder)
