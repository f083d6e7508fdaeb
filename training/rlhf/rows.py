"""Lines of the data files -> segments for packing, with the file and line named when one is broken."""

import json
import random
from pathlib import Path

from rlhf.packing import Segment
from rlhf.prompts import answer_text, passage_text, question_text, templates

LONGEST_BRANCH_TOKENS = 96


def read_rows(path: Path, limit: int | None = None) -> list[dict]:
    """Rows that ask something; what is wrong with a file is said by its line and field."""
    if not path.is_file():
        raise SystemExit(f"{path}: no such file")
    rows = []
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if limit and len(rows) == limit:
                break
            place = f"{path}:{number}"
            try:
                row = json.loads(line)
            except UnicodeDecodeError as error:
                raise SystemExit(f"{place}: not UTF-8 ({error.reason} at byte {error.start})") from error
            except json.JSONDecodeError as error:
                raise SystemExit(f"{place}: not JSON ({error.msg})") from error
            check_row(row, place)
            if row["branches"]:
                rows.append(row)
    if not rows:
        raise SystemExit(f"{path}: no row that asks anything")
    return rows


def check_row(row: dict, place: str) -> None:
    """place: what to name in a message."""
    if not isinstance(row, dict):
        raise SystemExit(f"{place}: expected an object, found {type(row).__name__}")
    missing = {"title", "sentences", "branches"} - row.keys()
    if missing:
        raise SystemExit(f"{place}: field {', '.join(sorted(missing))} is missing")
    if not all(isinstance(row[name], list) for name in ("sentences", "branches")):
        raise SystemExit(f"{place}: fields sentences and branches must be lists")
    for index, branch in enumerate(row["branches"]):
        here = f"{place}: branches[{index}]"
        if not isinstance(branch, dict) or not isinstance(branch.get("question"), str):
            raise SystemExit(f"{here}: field question must be a text")
        answers, sentence = branch.get("answers"), branch.get("sentence")
        if not isinstance(answers, list) or not all(isinstance(answer, str) for answer in answers):
            raise SystemExit(f"{here}: field answers must be a list of texts, empty where the passage has no answer")
        if answers and not (isinstance(sentence, int) and 1 <= sentence <= len(row["sentences"])):
            raise SystemExit(f"{here}: field sentence is {sentence!r}, expected 1 to {len(row['sentences'])}: which sentence answers")


def demonstration(row: dict, tokenizer) -> list[Segment]:
    """Root = passage; a branch = question + target, learnt on the target and the end token only."""
    end = tokenizer.convert_tokens_to_ids(templates()["end"])
    segments = [Segment(encode(tokenizer, passage_text(row["title"], row["sentences"])))]
    for branch in row["branches"]:
        examples = [t for q, a, n in branch.get("examples", []) for t in encode(tokenizer, question_text(q)) + encode(tokenizer, answer_text(a, n))]
        question = examples + encode(tokenizer, question_text(branch["question"]))
        answer = branch["answers"][0] if branch["answers"] else None
        target = encode(tokenizer, answer_text(answer, branch["sentence"])) + [end]
        if len(question) - len(examples) + len(target) <= LONGEST_BRANCH_TOKENS:
            segments.append(Segment(question + target, 0, [False] * len(question) + [True] * len(target)))
    return segments


def encode(tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False)


def batches_of_equal_length(rows: list[list[Segment]], size: int, rng: random.Random) -> list[list[list[Segment]]]:
    """Shuffled batches whose rows are of similar length, so that little padding is computed."""
    order = list(rows)
    rng.shuffle(order)
    batches = []
    for start in range(0, len(order), size * 16):
        pool = sorted(order[start : start + size * 16], key=lambda row: sum(len(s.tokens) for s in row))
        batches.extend(pool[i : i + size] for i in range(0, len(pool), size))
    rng.shuffle(batches)
    return batches


def endless_order(count: int, seed: int, skip: int):
    """Every index once an epoch, in an order that depends on seed and epoch only; the first `skip` are left out."""
    epoch, skip = divmod(skip, count)
    while True:
        order = list(range(count))
        random.Random(f"{seed}:{epoch}").shuffle(order)
        yield from order[skip:]
        epoch, skip = epoch + 1, 0


def read_lines(path: Path) -> list[dict]:
    """Any JSONL file, a log for example; empty where there is none."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def whole_lines(path: Path) -> int:
    """Lines that are complete; a broken last one, left by a kill, is cut off."""
    if not path.exists():
        return 0
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        path.write_bytes(whole)
    return whole.count(b"\n")


def check_candidates(rows: list[dict], path: Path, labels: set[str]) -> None:
    """Every question has a list of candidates with a text, a known label and a source; which one has not, is said."""
    for row in rows:
        for number, branch in enumerate(row["branches"], 1):
            place = f"{path}: question {number} of {row.get('id', row['title'])}"
            if not isinstance(branch.get("candidates"), list):
                raise SystemExit(f"{place}: field candidates is missing")
            for candidate in branch["candidates"]:
                missing = {"text", "label", "source"} - candidate.keys()
                if missing:
                    raise SystemExit(f"{place}: a candidate has no {', '.join(sorted(missing))}")
                if candidate["label"] not in labels:
                    raise SystemExit(f"{place}: label {candidate['label']!r} is none of {', '.join(sorted(labels))}")
