"""Questions that their passage does not answer, made from ones that it does. Random negatives teach nothing about
questions that look answerable, so each maker below starts from something close.
"""

import random
import re

from rlhf.squad import Passage, Question, content_words, normalise_answer

_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_NAME = re.compile(r"(?<!^)(?<![.!?] )\b(?:[A-Z][a-zà-ÿ]+|[A-Z]{2,})(?:\s+(?:of\s+|the\s+|de\s+)?(?:[A-Z][a-zà-ÿ]+|[A-Z]{2,}))*")

ANTONYMS = {
    word: other
    for pair in (
        "first last, largest smallest, biggest smallest, highest lowest, oldest youngest, earliest latest, most least, more "
        "fewer, increase decrease, increased decreased, before after, begin end, began ended, start stop, started stopped, "
        "north south, east west, northern southern, eastern western, win lose, won lost, male female, men women, man woman, "
        "king queen, father mother, son daughter, brother sister, born died, birth death, founded dissolved, opened closed, "
        "built demolished, above below, longest shortest, higher lower, larger smaller, older newer, early late, best worst, "
        "major minor, maximum minimum, positive negative, success failure, enter leave, gain lose, gained lost, buy sell, "
        "summer winter, morning evening, support oppose, supported opposed, accept reject, accepted rejected, domestic foreign, "
        "public private, upper lower, left right, inside outside, strong weak, rich poor, hot cold, ancient modern, "
        "majority minority, allowed forbidden, common rare, often rarely, always never, rise fall, rose fell"
    ).split(", ")
    for word, other in (pair.split(), pair.split()[::-1])
}


def sibling_questions(passage: Passage, article: list[Passage], rng: random.Random, count: int) -> list[str]:
    """Questions of other passages of the article, closest by shared words, whose gold answer is not in this passage."""
    here, text = content_words(passage.text), normalise_answer(passage.text)
    scored = [
        (len(content_words(q.text) & here) / (len(content_words(q.text)) + 1) + rng.random() * 0.15, q.text)
        for other in article
        if other is not passage
        for q in other.questions
        if q.answers and not any(normalise_answer(a) in text for a in q.answers)
    ]
    return [question for _, question in sorted(scored, reverse=True)[:count]]


def swapped_question(question: Question, passage: Passage, article_names: list[str], rng: random.Random) -> str | None:
    """The question with one name, number or direction changed so that the passage no longer answers it, or None."""
    makers = [_swap_antonym, _swap_number, _swap_name, _negate]
    rng.shuffle(makers)
    if rng.random() < 0.75:  # negation is easy to make and easy to spot: keep it rare
        makers.remove(_negate)
    for make in makers:
        changed = make(question, passage, article_names, rng)
        if changed and changed != question.text:
            return changed
    return None


def _swap_antonym(question, passage, names, rng):
    words = question.text.split()
    places = [i for i, w in enumerate(words) if w.lower().strip("?,.") in ANTONYMS]
    if not places:
        return None
    i = rng.choice(places)
    bare = words[i].strip("?,.")
    other = ANTONYMS[bare.lower()]
    words[i] = words[i].replace(bare, other.capitalize() if bare[0].isupper() else other)
    return " ".join(words)


def _swap_number(question, passage, names, rng):
    numbers = _NUMBER.findall(question.text)
    if not numbers:
        return None
    old = rng.choice(numbers)
    others = [n for n in _NUMBER.findall(passage.text) if n != old and len(n) == len(old) and n not in question.text]
    if others and rng.random() < 0.6:
        new = rng.choice(others)
    elif old.isdigit():
        new = str(max(1, int(old) + rng.choice([-1, 1]) * rng.randint(1, 30 if len(old) > 2 else 5)))
    else:
        return None
    return question.text.replace(old, new, 1)


def _swap_name(question, passage, names, rng):
    found = [m.group() for m in _NAME.finditer(question.text)]
    if not found:
        return None
    old = rng.choice(found)
    here = [m.group() for m in _NAME.finditer(passage.text)]
    pool = here if rng.random() < 0.6 else names
    others = [n for n in pool if n not in question.text and old not in n and abs(len(n.split()) - len(old.split())) <= 1
              and not any(n in a or a in n for a in question.answers)]
    return question.text.replace(old, rng.choice(others), 1) if others else None


def _negate(question, passage, names, rng):
    for verb in (" did ", " was ", " is ", " were ", " are ", " does ", " do ", " can "):
        if verb in question.text:
            head, tail = question.text.split(verb, 1)
            return f"{head}{verb}not {tail}" if verb.strip() in ("was", "is", "were", "are") else (
                f"{head}{verb}{tail.split(' ', 2)[0]} {tail.split(' ', 2)[1]} not {tail.split(' ', 2)[2]}"
                if len(tail.split(" ", 2)) == 3 else None)
    return None


def article_names(article: list[Passage]) -> list[str]:
    return sorted({m.group() for p in article for m in _NAME.finditer(p.text)})


def as_logged_query(question: str, rng: random.Random) -> str:
    """The question as a search log has it: lower case, no question mark, sometimes keywords or a typo."""
    text = question.rstrip(" ?").lower()
    kind = rng.random()
    if kind < 0.35:
        words = [w for w in text.split() if w in content_words(text) or not w.isalpha()]
        text = " ".join(words) if len(words) >= 2 else text
    elif kind < 0.6:
        text = with_typo(text, rng)
    return text


def with_typo(text: str, rng: random.Random) -> str:
    """One letter dropped, doubled or swapped with the next, in a word of five letters or more."""
    words = text.split(" ")
    places = [i for i, w in enumerate(words) if len(w) >= 5 and w.isalpha()]
    if not places:
        return text
    i = rng.choice(places)
    w, j = words[i], rng.randrange(1, len(words[i]) - 1)
    words[i] = rng.choice([w[:j] + w[j + 1 :], w[:j] + w[j] + w[j:], w[:j] + w[j + 1] + w[j] + w[j + 2 :]])
    return " ".join(words)
