"""Which article may be used for what: one hash of the title decides, once and for all.

Splitting by article (never by question or passage) keeps every text of a subject on one side.
"""

import hashlib
import urllib.parse

# Lower and upper bound of `article_fraction`, upper bound excluded.
SPLITS = {
    "samples": (0.00, 0.05),  # shown to visitors: never learnt from
    "calibration": (0.05, 0.15),  # confidence and thresholds: used for nothing else
    "dev": (0.15, 0.25),  # early stopping and choices between variants
    "prompts": (0.25, 0.38),  # reinforcement stage: questions without labels
    "rewards": (0.38, 0.58),  # ranked candidates for the reward model
    "demonstrations": (0.58, 1.00),  # supervised fine-tuning
}


def article_fraction(title: str) -> float:
    """A number in [0, 1) that depends on nothing but the title as the SQuAD file writes it."""
    digest = hashlib.sha256(f"candor-split:{title}".encode()).hexdigest()
    return int(digest[:8], 16) / 2**32


def split_of(title: str) -> str:
    fraction = article_fraction(title)
    return next(name for name, (low, high) in SPLITS.items() if low <= fraction < high)


def normalised_title(title: str) -> str:
    """Titles of different sets become comparable: percent signs decoded, underscores and case gone."""
    return " ".join(urllib.parse.unquote(title).replace("_", " ").lower().split())
