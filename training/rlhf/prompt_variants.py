"""Other forms of a question, so that an answer depends on what is asked and not on how: instructions, examples, retrieved passages.

All of them are options of `prepare_data.py`; without them the prompt is the plain one that serving uses.
"""

import random

from rlhf.retrieval import Bm25, top
from rlhf.squad import normalise_answer

# `{question}` stands for the question, with its own question mark or without.
INSTRUCTIONS = (
    "Answer briefly: {question}",
    "Answer from the passage: {question}",
    "Using only the text above, answer: {question}",
    "Give a short answer. {question}",
    "In a few words: {question}",
    "Find the answer in the passage. {question}",
    "{question} Answer with words of the passage.",
    "{question} Quote the passage.",
    "{question} Say unanswerable if the passage does not tell.",
    "{question} Be brief.",
    "{question} Name the sentence that says so.",
    "Please tell me: {question}",
    "I would like to know: {question}",
    "Could you tell me this? {question}",
    "Read the passage and answer: {question}",
    "What does the passage say? {question}",
    "According to the text: {question}",
    "Based on the passage above, {question}",
    "Reply with the shortest span that answers this: {question}",
    "Look it up in the passage: {question}",
    "Extract the answer. {question}",
    "Query: {question}",
    "Search: {question}",
    "A reader asks: {question}",
    "Only if the passage says so: {question}",
)


def instructed(question: str, rng: random.Random) -> str:
    return rng.choice(INSTRUCTIONS).format(question=question)


def vary(row: dict, rng: random.Random, instructions: float, examples: float) -> dict:
    """The row with some questions put into an instruction, and some behind one to three answered questions of the same passage.

    instructions, examples: the share of questions, 0 to 1.
    """
    branches = []
    for number, branch in enumerate(row["branches"]):
        branch = dict(branch)
        others = [b for i, b in enumerate(row["branches"]) if i != number and b["question"] != branch["question"]]
        if others and rng.random() < examples:
            shown = rng.sample(others, min(len(others), rng.randint(1, 3)))
            branch["examples"] = [[b["question"], b["answers"][0] if b["answers"] else None, b["sentence"]] for b in shown]
        if rng.random() < instructions:
            branch["question"] = instructed(branch["question"], rng)
        branches.append(branch)
    return {**row, "branches": branches}


def add_retrieved(rows: list[dict], rng: random.Random, share: float, depth: int = 10) -> int:
    """Distractors as a search finds them: a question is asked of the best BM25 hit that does not hold its answer.

    share: of the rows, each of which gives one of its answered questions away. The rows come from one split, so no article crosses
    to another. Changes `rows`; returns how many questions were added, of kind `retrieved`.
    """
    texts = [" ".join(row["sentences"]) for row in rows]
    plain = [f" {normalise_answer(text)} " for text in texts]
    index, added = Bm25([f"{row['title']} {text}" for row, text in zip(rows, texts)]), []
    for own, row in enumerate(rows):
        answered = [b for b in row["branches"] if b["answers"] and b["kind"] == "gold"]
        if not answered or rng.random() >= share:
            continue
        branch = rng.choice(answered)
        for hit in top(index.scores(branch["question"]), depth):
            same_passage = rows[hit]["id"] == row["id"]
            if hit != own and not same_passage and not any(f" {normalise_answer(a)} " in plain[hit] for a in branch["answers"]):
                added.append((hit, {"question": branch["question"], "answers": [], "sentence": None, "kind": "retrieved"}))
                break
    for hit, branch in added:
        rows[hit]["branches"].append(branch)
    return len(added)
