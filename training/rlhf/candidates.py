"""Candidates of a question and their order, judged by the human-written gold answers.

Evidence there:  right and well cited (3) > declines (2) > right answer, wrong sentence (1) > wrong answer (0)
No evidence:     declines (2) > any answer (0)

An answer that is partly right (token F1 between 0.3 and 0.7) stands between right and wrong and is not compared with a
decline: people differ there.
"""

import random
import re
from dataclasses import asdict, dataclass

from rlhf.prompts import answer_text, parse_completion
from rlhf.squad import RIGHT_F1, token_f1

RIGHT, DECLINE, PARTIAL, MISCITED, WRONG = "right", "decline", "partial", "miscited", "wrong"
_ORDER = {RIGHT: 3.0, DECLINE: 2.0, PARTIAL: 1.5, MISCITED: 1.0, WRONG: 0.0}
LABELS = set(_ORDER)
_TYPED = [
    re.compile(r"\b\d{4}\b"),
    re.compile(r"\b\d[\d,.]*(?:\s+(?:million|billion|percent|per cent|years|people|km|miles))?\b|\b\d+%"),
    re.compile(r"\b[A-Z][\w’'-]+(?:\s+(?:of|the|de|von|and)\s+[A-Z][\w’'-]+|\s+[A-Z][\w’'-]+)*"),
]


@dataclass(frozen=True)
class Ranked:
    text: str  # as the policy writes it, without the end token
    label: str
    source: str  # gold, policy, decline, distractor, pointer, boundary

    def to_json(self) -> dict:
        return asdict(self)


def judge(text: str, answers: list[str], sentence: int | None, sentences: list[str]) -> str:
    """The label of a completion. A pointer is right when it names the gold sentence or one that holds the gold answer."""
    parsed = parse_completion(text)
    if parsed.answer is None:
        return DECLINE
    if not answers:
        return WRONG
    f1 = token_f1(parsed.answer, answers)
    if f1 < 0.3:
        return WRONG
    number = parsed.sentence_number
    cited = sentences[number - 1] if number and 1 <= number <= len(sentences) else ""
    supported = number == sentence or any(a.lower() in cited.lower() for a in answers)
    if not supported:
        return MISCITED
    return RIGHT if f1 >= RIGHT_F1 else PARTIAL


def better(one: str, other: str) -> bool | None:
    """Whether label `one` is ranked above `other`; None when the two are not compared."""
    if one == other or {one, other} == {PARTIAL, DECLINE} or {one, other} == {PARTIAL, MISCITED}:
        return None
    return _ORDER[one] > _ORDER[other]


def pair_kind(better_label: str, worse_label: str, answerable: bool) -> str:
    return f"{better_label} > {worse_label}" + ("" if answerable else " (no evidence)")


def made_candidates(branch: dict, sentences: list[str], rng: random.Random, plausible: str | None) -> list[Ranked]:
    """Candidates that need no policy: gold, decline, a distractor of the same type, a wrong pointer, a bad boundary.

    plausible: an answer that the passage suggests though it does not answer (for questions without evidence).
    """
    answers, number = branch["answers"], branch["sentence"]
    out = [Ranked(answer_text(None, None), DECLINE, "decline")]
    if answers:
        gold = answers[0]
        out.append(Ranked(answer_text(gold, number), RIGHT, "gold"))
        distractor = distractor_span(gold, answers, sentences, rng)
        if distractor:
            out.append(_judged(answer_text(*distractor), branch, sentences, "distractor"))
        others = [i + 1 for i, s in enumerate(sentences) if gold.lower() not in s.lower()]
        if others and rng.random() < 0.5:
            out.append(Ranked(answer_text(gold, rng.choice(others)), MISCITED, "pointer"))
        stretched = bad_boundary(gold, sentences[number - 1], rng)
        if stretched and rng.random() < 0.4:
            out.append(_judged(answer_text(stretched, number), branch, sentences, "boundary"))
    else:
        wanted = plausible or ""
        span = distractor_span(wanted, [wanted] if wanted else [], sentences, rng)
        if span:
            out.append(Ranked(answer_text(*span), WRONG, "distractor"))
    return out


def _judged(text: str, branch: dict, sentences: list[str], source: str) -> Ranked:
    return Ranked(text, judge(text, branch["answers"], branch["sentence"], sentences), source)


def distractor_span(gold: str, answers: list[str], sentences: list[str], rng: random.Random) -> tuple[str, int] | None:
    """A span of the gold answer's type from anywhere in the passage, with its sentence number; None: there is none."""
    patterns = [p for p in _TYPED if gold and p.search(gold)][:1] or _TYPED[2:]
    found = [
        (m.group(), i + 1)
        for i, sentence in enumerate(sentences)
        for m in patterns[0].finditer(sentence)
        if m.start() > 0 and len(m.group()) > 1 and (not answers or token_f1(m.group(), answers) < 0.3)
    ]
    return rng.choice(found) if found else None


def bad_boundary(gold: str, sentence: str, rng: random.Random) -> str | None:
    """The gold answer with five or more words of its sentence too many, or with half of it cut off."""
    start = sentence.find(gold)
    words = gold.split()
    if len(words) >= 4 and rng.random() < 0.5:
        return " ".join(words[: len(words) // 2 - 1] or words[:1])
    if start < 0:
        return None
    after = sentence[start:].split()[: len(words) + rng.randint(5, 9)]
    return " ".join(after).rstrip(".") if len(after) >= len(words) + 4 else None
