"""Quotes with claims they support, and with claims that were made false: what the entailment checker learns from."""

import random
import re

from rlhf.negatives import ANTONYMS
from rlhf.sentences import sentence_spans

_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_NAME = re.compile(r"(?<!^)(?<![.!?] )\b[A-Z][a-zà-ÿ]+(?:\s+(?:of\s+|the\s+|de\s+)?[A-Z][a-zà-ÿ]+)*")
_VERB = re.compile(r"\b(was|were|is|are|has|had|can|could|will|would|did|does)\b")
Pair = tuple[str, str, bool]  # quote, claim, does the quote support it


def pairs_of(paragraph: dict, rng: random.Random) -> list[Pair]:
    """Of one passage: claims in the service's form (question and answer), and sentences about the world."""
    text = paragraph["context"]
    sentences = [text[start:end] for start, end in sentence_spans(text)]
    pairs = []
    for question, answers in zip(paragraph["questions"], paragraph["answers"]):
        if not answers:
            continue
        answer, start = answers[0]
        number = next((at for at, (low, high) in enumerate(sentence_spans(text)) if low <= start < high), None)
        if number is None:
            continue
        quote = sentences[number]
        pairs.append((quote, f"{question} {answer}", True))
        other = distractor(answer, text, quote, rng)
        if other:
            pairs.append((quote, f"{question} {other}", False))
        elsewhere = [each for at, each in enumerate(sentences) if at != number and answer.lower() not in each.lower()]
        if elsewhere and rng.random() < 0.5:
            pairs.append((rng.choice(elsewhere), f"{question} {answer}", False))
        changed = corrupted(question, text, rng)
        if changed and rng.random() < 0.3:
            pairs.append((quote, f"{changed} {answer}", False))
    for number, quote in enumerate(sentences):
        claim = shortened(quote, rng)
        if len(claim.split()) < 5:
            continue
        pairs.append((quote, claim, True))
        false = corrupted(claim, text, rng)
        if false:
            pairs.append((quote, false, False))
        if len(sentences) > 1 and rng.random() < 0.6:
            other = shortened(sentences[(number + 1) % len(sentences)], rng)
            pairs.append((quote, other, False))
            if rng.random() < 0.5 and len(other.split()) > 4:
                # Half of it is there, half is not.
                pairs.append((quote, f"{claim.rstrip('.')} and {other[:1].lower()}{other[1:]}", False))
    return pairs


def shortened(sentence: str, rng: random.Random) -> str:
    """A sentence with less in it is still true: without brackets, without a clause, or as it is."""
    claim = re.sub(r"\s*\([^)]*\)", "", sentence)
    parts = re.split(r"[,;] ", claim)
    if len(parts) > 1 and rng.random() < 0.6:
        kept = parts[:-1] if rng.random() < 0.7 else parts[1:]
        claim = ", ".join(kept)
    return claim.strip()


def distractor(answer: str, text: str, quote: str, rng: random.Random) -> str | None:
    """Something else of the passage that looks like the answer, from the same sentence if there is one."""
    pattern = _NUMBER if any(letter.isdigit() for letter in answer) else _NAME
    for place in (quote, text):
        found = [each for each in pattern.findall(place) if each.lower() not in answer.lower() and answer.lower() not in each.lower()]
        if found and (place is text or rng.random() < 0.6):
            return rng.choice(found)
    return None


def corrupted(claim: str, text: str, rng: random.Random) -> str | None:
    """The claim with one number, name, direction or its verb turned round; None where there is nothing to turn."""
    makers = [_swap_number, _swap_name, _swap_word, _negate]
    rng.shuffle(makers)
    for make in makers:
        changed = make(claim, text, rng)
        if changed and changed != claim:
            return changed
    return None


def _swap_number(claim: str, text: str, rng: random.Random) -> str | None:
    found = _NUMBER.findall(claim)
    if not found:
        return None
    old = rng.choice(found)
    others = [each for each in _NUMBER.findall(text) if each != old and each not in claim]
    digits = re.sub(r"\D", "", old)
    new = rng.choice(others) if others and rng.random() < 0.6 else str(max(1, int(digits) + rng.choice([-10, -2, -1, 1, 2, 7, 10])))
    return claim.replace(old, new, 1)


def _swap_name(claim: str, text: str, rng: random.Random) -> str | None:
    found = _NAME.findall(claim)
    others = [each for each in _NAME.findall(text) if each not in claim]
    return claim.replace(rng.choice(found), rng.choice(others), 1) if found and others else None


def _swap_word(claim: str, _text: str, rng: random.Random) -> str | None:
    words = claim.split()
    places = [at for at, word in enumerate(words) if word.lower().strip(",.?") in ANTONYMS]
    if not places:
        return None
    at = rng.choice(places)
    words[at] = words[at].lower().replace(words[at].lower().strip(",.?"), ANTONYMS[words[at].lower().strip(",.?")])
    return " ".join(words)


def _negate(claim: str, _text: str, rng: random.Random) -> str | None:
    if rng.random() < 0.5 or not _VERB.search(claim):
        return None
    return _VERB.sub(r"\1 not", claim, count=1)
