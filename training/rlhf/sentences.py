"""Sentence boundaries, by the same rules as `src/retrieval/sentences.ts`: what was numbered in training is numbered so
in serving. Both read `prompts/sentence-boundaries.json` and are held to `prompts/sentences.golden.json`.
"""

import json
import re
from functools import cache
from pathlib import Path

PROMPTS = Path(__file__).resolve().parents[2] / "prompts"

# A Latin full stop ends a sentence before white space and a capital, digit, quote or bracket; a CJK one always does.
_BOUNDARY = re.compile(r"""[.!?]["'”’)\]]*(?=\s+["'“‘(\[]*[A-Z0-9À-ÞΑ-ΩА-Я])|[。！？]["”’」』）]*|\n+""")


@cache
def _abbreviations() -> frozenset[str]:
    return frozenset(json.loads((PROMPTS / "sentence-boundaries.json").read_text())["abbreviations"])


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) character offsets of each sentence, white space around it excluded, in order. Empty text: no span."""
    spans, start = [], 0
    for match in _BOUNDARY.finditer(text):
        if match.group().startswith(".") and _is_abbreviation(text[start : match.start()]):
            continue
        _append(spans, text, start, match.end())
        start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _is_abbreviation(before: str) -> bool:
    last = before.split()[-1].lstrip("([\"'“‘") if before.split() else ""
    return last.lower() in _abbreviations() or bool(re.fullmatch(r"[A-Z]|([A-Za-z]\.)+[A-Za-z]", last))


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        offset = start + len(piece) - len(piece.lstrip())
        spans.append((offset, offset + len(stripped)))
