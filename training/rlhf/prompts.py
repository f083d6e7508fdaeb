"""The prompt: one passage with numbered sentences, then a question; the target is a short answer and the number of the
sentence that supports it, or a decline. Templates come from `prompts/answer.json`, which serving reads too.
"""

import json
import re
from dataclasses import dataclass
from functools import cache

from rlhf.sentences import PROMPTS, sentence_spans


@cache
def templates() -> dict:
    return json.loads((PROMPTS / "answer.json").read_text())


def prompt_version() -> str:
    return templates()["version"]


def passage_text(title: str, sentences: list[str]) -> str:
    t = templates()
    numbered = [
        t["sentence"].format(number=i + 1, text=" ".join(sentence.split()))
        for i, sentence in enumerate(sentences[: t["maxSentences"]])
    ]
    return t["passage"].format(title=title.strip(), sentences=t["sentenceSeparator"].join(numbered))


def question_text(question: str) -> str:
    return templates()["question"].format(question=" ".join(question.split()))


def answer_text(answer: str | None, sentence_number: int | None) -> str:
    """The target behind the question, without the end token. `None` is a decline."""
    t = templates()
    return t["decline"] if answer is None else t["answer"].format(answer=" ".join(answer.split()), number=sentence_number)


@dataclass(frozen=True)
class Parsed:
    """A completion read back. `answer is None`: declined. `sentence_number is None`: no well-formed pointer."""

    answer: str | None
    sentence_number: int | None


def parse_completion(text: str) -> Parsed:
    text = text.split(templates()["end"])[0].strip()
    if text == templates()["decline"].strip():
        return Parsed(None, None)
    match = re.fullmatch(r"(.*?)\s*\[(\d+)\]", text, flags=re.DOTALL)
    return Parsed(match[1].strip(), int(match[2])) if match else Parsed(text, None)


def split_sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]
