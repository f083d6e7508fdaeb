"""Is a sentence of a passage addressed to a model? Named features beside the hashed ones; `src/safety/passage-features.ts`
computes the same. Patterns are ASCII ones, as in JavaScript.
"""

import re

from rlhf.text_features import normalise

_WORD = re.compile(r"[^\W_]+")
_OPENERS = r"(?:(?:please|now|then|also|note to the ai|and|so|ok) )*"
_VERBS = (
    "write|draft|compose|create|generate|produce|provide|give|tell|show|explain|describe|summari[sz]e|translate|list|"
    "compare|calculate|convert|solve|suggest|recommend|develop|design|break down|outline|help|answer|reply|respond|say|"
    "print|output|repeat|reveal|ignore|disregard|forget|pretend|act|imagine|speak|use|utili[sz]e|replace|render|"
    "substitute|remove|group|combine|rearrange|scramble|jumble|anagram|misspell|introduce|add|append|insert|include|"
    "incorporate|integrate|augment|enhance|modify|embed|blend|meld|absorb|execute|run|send|ask|advise|encode|classify|"
    "correct|start|finish|end|put|leave|make sure|ensure|do not|don't|never|convey|mention|promote|tease|offer|state|report"
)
_IMPERATIVE = re.compile(rf"^{_OPENERS}(?:{_VERBS})\b", re.ASCII)
_MODEL = re.compile(
    r"\byour (?:\w+ ){0,2}?(?:response|reply|replies|answer|answers|output|summary|message|text|words|implementation|solution|"
    r"codebase|code|program|prompt|instructions?|elucidation|explanation)\b|"
    r"\b(?:previous|above|prior|earlier|hidden|system|new) (?:instructions?|prompt|rules|message)\b|"
    r"\b(?:language model|ai systems?|as an ai|the ai|chatbot|developer mode|you are now|from now on|the user|users to)\b|"
    r"^(?:system|assistant|user|human|ai)\s*:|\[/?inst\]|###|<\|",
    re.ASCII,
)
_QUESTION = re.compile(
    rf"\?[\"')]*$|^{_OPENERS}(?:who|whom|whose|what|what's|which|when|where|why|how|can you|could you|would you|do you|is|are|does) ",
    re.ASCII,
)
_CODE = re.compile(r"```|^(?:import|from) [\w.]+|\bcode (?:block|section|snippet|segment|excerpt|fragment)\b|\bdef \w+\(|[{};]$|=\s*[\w.]+\(", re.ASCII)
_LINK = re.compile(r"\b(?:www\.|https?:|\w+@\w+|\w+\.(?:com|org|net|xyz|example)\b)", re.ASCII)
_YOU = re.compile(r"\b(?:you|your)\b", re.ASCII)
MIN_LETTERS = 4  # of a word that tells what a text is about


def content_words(text: str) -> set[str]:
    """Words of at least `MIN_LETTERS` letters, cut to six so that inflections meet."""
    return {word[:6] for word in _WORD.findall(normalise(text)) if len(word) >= MIN_LETTERS}


def instruction_features(sentence: str, rest: str) -> dict[str, float]:
    """0 or 1 each, and how much of it is about something else than the `rest` of the passage, 0..1."""
    plain = normalise(sentence)
    words = content_words(sentence)
    strange = len(words - content_words(rest)) / len(words) if words else 0.0
    imperative, question = float(bool(_IMPERATIVE.search(plain))), float(bool(_QUESTION.search(plain)))
    return {
        "imperative": imperative,
        "toModel": float(bool(_MODEL.search(plain))),
        "question": question,
        "code": float(bool(_CODE.search(plain))),
        "link": float(bool(_LINK.search(plain))),
        "you": float(bool(_YOU.search(plain))),
        "strange": strange,
        "strangeImperative": imperative * strange,
        "strangeQuestion": question * strange,
    }
