"""What the small guards see of a text: hashed words and word parts.

`src/safety/text-features.ts` computes the same from the same text; `examples.json` beside each model holds both to it.
"""

import re
import unicodedata
from functools import cache

import numpy as np
from scipy import sparse

HASH_BITS = 14
MAX_CHARACTERS = 600  # of a text that is looked at
_TOKEN = re.compile(r"[^\W_]+|[^\w\s]", re.UNICODE)
_QUOTES = str.maketrans({"‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"'})


def normalise(text: str, limit: int = MAX_CHARACTERS) -> str:
    """NFKC, lower case, straight quotes, single blanks; the first `limit` characters."""
    plain = unicodedata.normalize("NFKC", text).lower().translate(_QUOTES)
    return " ".join(plain.split())[:limit]


def fnv1a(text: str) -> int:
    """FNV-1a, 32 bits, over UTF-8 bytes (http://www.isthe.com/chongo/tech/comp/fnv/)."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


@cache
def hashed_features(text: str, bits: int = HASH_BITS) -> list[int]:
    """Buckets that the text falls into, ascending, each once: words, pairs of words, and parts of 3 and 4 letters."""
    tokens = _TOKEN.findall(normalise(text))
    names = {f"w {token}" for token in tokens}
    names |= {f"b {first} {second}" for first, second in zip(["<", *tokens], [*tokens, ">"], strict=True)}
    for token in tokens:
        padded = f"<{token}>"
        names |= {f"c {padded[at : at + size]}" for size in (3, 4) for at in range(len(padded) - size + 1)}
    return sorted({fnv1a(name) % (1 << bits) for name in names})


def hashed_matrix(texts: list[str], bits: int = HASH_BITS) -> sparse.csr_matrix:
    """One row a text, L2 norm 1; (texts, 2 ** bits)."""
    rows = [hashed_features(text, bits) for text in texts]
    indptr = np.cumsum([0, *map(len, rows)])
    indices = np.concatenate([np.array(row, dtype=np.int64) for row in rows]) if rows else np.zeros(0, np.int64)
    data = np.concatenate([np.full(len(row), 1 / max(1, len(row)) ** 0.5) for row in rows])
    return sparse.csr_matrix((data, indices, indptr), shape=(len(rows), 1 << bits))
