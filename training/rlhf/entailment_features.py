"""What a quote and a claim share, in numbers; `src/safety/entailment-features.ts` computes the same."""

import re

from rlhf.squad import STOP_WORDS
from rlhf.text_features import normalise

_WORD = re.compile(r"[^\W_]+(?:[.,][0-9]+)*")
_SENTENCE_NAME = re.compile(r"(?<![.!?:\"“(] )(?<!^)\b[A-Z][\w'-]*[a-z][\w'-]*", re.ASCII)
_NEGATION = re.compile(r"\b(?:not|no|never|none|neither|nor|without|cannot|nobody|nothing|\w+n't|failed to|unable to|lack|lacks|lacked)\b", re.ASCII)
_HEDGE = re.compile(r"\b(?:i|my|me|we|you|your|think|guess|maybe|probably|love|favou?rite|wow|yeah|yes|great|sure|agree)\b", re.ASCII)
_OPPOSITES = [
    set(pair.split())
    for pair in (
        "first last", "more less", "most least", "north south", "east west", "northern southern", "eastern western", "before after",
        "increase decrease", "increased decreased", "rose fell", "won lost", "male female", "highest lowest", "larger smaller",
        "largest smallest", "oldest youngest", "older younger", "always never", "above below", "best worst", "early late", "open closed",
        "high low", "old new", "left right", "began ended", "start end", "majority minority", "maximum minimum", "upper lower",
    )
]
STEM = 5  # letters of a word that decide what it is about
MAX_QUOTE = 6_000  # characters of a quote that are read
MANY = 12.0  # words of a claim that count as many


def stems(text: str) -> list[str]:
    """Words that tell something, in order, cut to `STEM` letters; numbers whole, without commas."""
    words = [word.replace(",", "") for word in _WORD.findall(normalise_long(text))]
    return [word if word[0].isdigit() else word[:STEM] for word in words if word not in STOP_WORDS and (len(word) > 2 or word[0].isdigit())]


def normalise_long(text: str) -> str:
    """As `normalise`, of a longer text."""
    return normalise(text, MAX_QUOTE)


def is_number(word: str) -> bool:
    return word[0].isdigit()


def entailment_features(quote: str, claim: str) -> dict[str, float]:
    """Shares in 0..1, and 0 or 1."""
    known, said = stems(quote), stems(claim)
    inside = set(known)
    unique = set(said)
    numbers = {word for word in unique if is_number(word)}
    names = {name.lower()[:STEM] for name in _SENTENCE_NAME.findall(claim) if name.lower() not in STOP_WORDS and len(name) > 2}
    pairs, known_pairs = set(zip(said, said[1:])), set(zip(known, known[1:]))
    words, quote_words = set(normalise_long(claim).split()), set(normalise_long(quote).split())
    opposite = any(
        (words & pair) and (quote_words & pair) and not (words & quote_words & pair) for pair in _OPPOSITES
    )
    denied = bool(_NEGATION.search(normalise_long(claim))) != bool(_NEGATION.search(normalise_long(quote)))
    coverage = share(unique, inside)
    return {
        "coverage": coverage,
        "missing": 1.0 if unique and coverage == 0 else 0.0,
        "whole": float(coverage == 1.0),
        "numbersMissing": 1 - share(numbers, inside) if numbers else 0.0,
        "namesMissing": 1 - share(names, inside) if names else 0.0,
        "pairs": share(pairs, known_pairs) if pairs else coverage,
        "opposite": float(opposite),
        "denied": float(denied),
        "length": min(1.0, len(unique) / MANY),
        "missingWords": min(1.0, len(unique - inside) / 6),
        "personal": min(1.0, len(_HEDGE.findall(normalise_long(claim))) / 3),
    }


def share(some: set, all_of: set) -> float:
    return len(some & all_of) / len(some) if some else 1.0
