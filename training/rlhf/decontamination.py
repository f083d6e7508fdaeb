"""What no stage may learn: titles and word sequences of every evaluation set at hand."""

import gzip
import json
from pathlib import Path

from rlhf.splits import normalised_title
from rlhf.squad import read_squad

SHINGLE_WORDS = 13  # shared runs of this many words count as the same text


def evaluation_texts(data: Path) -> tuple[set[str], set[int]]:
    """Titles and word shingles of every evaluation set in the folder `data`; sets that are not there are passed over."""
    titles, texts = set(), []
    dev = data / "squad/dev-v2.0-a.json.gz"
    if dev.exists():
        for passage in read_squad(dev):
            titles.add(normalised_title(passage.title))
            texts.append(passage.text)
    for path in sorted((data / "clapnq").glob("*.jsonl.gz")):
        for line in read_lines(path):
            for passage in line["passages"]:
                titles.add(normalised_title(passage["title"]))
                texts.append(passage["text"])
    for path in sorted((data / "quotesum").rglob("*.jsonl.gz")):
        for line in read_lines(path):
            for i in range(1, 9):
                if line.get(f"title{i}"):
                    titles.add(normalised_title(line[f"title{i}"]))
                    texts.append(line[f"source{i}"])
    for path in sorted((data / "wice").glob("*.jsonl.gz")):
        for line in read_lines(path):
            titles.add(normalised_title(line["meta"]["claim_title"]))
            texts.append(line["claim"])
    return titles, {shingle for text in texts for shingle in shingles_of(text)}


def shingles_of(text: str) -> list[int]:
    words = [w.strip(".,;:!?\"'()[]").lower() for w in text.split()]
    return [hash(tuple(words[i : i + SHINGLE_WORDS])) for i in range(len(words) - SHINGLE_WORDS + 1)]


def read_lines(path: Path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise SystemExit(f"{path}:{number}: not JSON ({error.msg})") from error
