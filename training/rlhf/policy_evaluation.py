"""What a policy's answers are worth: gold correctness beside the reward that it was trained on, refusals, distance from SFT."""

import json
import math
import random
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from rlhf.brier import confidences
from rlhf.candidates import DECLINE, RIGHT, judge
from rlhf.episodes import PolicyModels
from rlhf.prompts import parse_completion
from rlhf.rollout import seeded
from rlhf.rows import read_lines, whole_lines
from rlhf.squad import token_f1


@dataclass
class Answered:
    """One question. Candidates: the greedy completion first, then samples at temperature 1."""

    passage: str  # id: questions of one passage hang together
    kind: str
    answerable: bool
    texts: list[str]
    labels: list[str]
    f1: list[float]
    rewards: list[float]  # score(answer) - score(decline)
    tokens: list[int]
    kl: float  # nats an answer, policy from SFT, mean over the samples (of the greedy one where there are none)
    entropy: float  # nats a token
    confidence: float  # 0..1, probability of answering at all

    def correct(self, choice: int = 0) -> float:
        """Right and well cited where the passage answers, declined where it does not."""
        return float(self.labels[choice] == (RIGHT if self.answerable else DECLINE))


def answer_rows(models: PolicyModels, rows: list[dict], samples: int, seed: int) -> list[Answered]:
    return [one for number, row in enumerate(rows) for one in answer_row(models, row, samples, seeded(seed * 1_000_003 + number))]


def answer_rows_kept(path: Path, facts: dict, models: PolicyModels, rows: list[dict], samples: int, seed: int) -> list[Answered]:
    """`answer_rows`, kept in a file: a line of `facts` (what the answers depend on), then one a passage. What is there already is
    not answered again, so a long evaluation may be killed; a file of other facts is begun anew."""
    if not whole_lines(path) or read_lines(path)[0] != facts:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(facts) + "\n")
    kept = read_lines(path)[1:]
    with path.open("a") as file:
        for number, row in enumerate(rows[len(kept):], len(kept)):
            kept.append([asdict(one) for one in answer_row(models, row, samples, seeded(seed * 1_000_003 + number))])
            file.write(json.dumps(kept[-1]) + "\n")
            file.flush()
    return [Answered(**one) for passage in kept for one in passage]


@torch.no_grad()
def answer_row(models: PolicyModels, row: dict, samples: int, generator: torch.Generator) -> list[Answered]:
    episodes = models.roll_out(row, 1 + samples, generator=generator, greedy_first=True)
    policy, reference = models.outputs(models.policy, episodes), models.outputs(models.reference, episodes)
    mine, theirs = torch.log_softmax(policy.logits, -1), torch.log_softmax(reference.logits, -1)
    # At each token the whole distribution is compared, not only the token that was drawn: the same mean, far less noise.
    kl = episodes.spread((mine.exp() * (mine - theirs)).sum(-1)).sum(1)  # (E,)
    spread = episodes.spread(-(mine.exp() * mine).sum(-1)).sum(1) / episodes.mask.sum(1)  # (E,)
    sure = confidences(policy.logits[episodes.firsts], models.decline)  # (E,)
    rewards, texts = models.scores(episodes), episodes.texts(models.tokenizer)
    out = []
    for i, branch in enumerate(row["branches"]):
        mine_ = slice(i * (1 + samples), (i + 1) * (1 + samples))
        drawn = slice(mine_.start + bool(samples), mine_.stop)
        words = texts[mine_]
        out.append(Answered(
            row["id"], branch["kind"], bool(branch["answers"]), words,
            [judge(text, branch["answers"], branch["sentence"], row["sentences"]) for text in words],
            [token_f1(parse_completion(text).answer or "", branch["answers"]) if branch["answers"] else float(parse_completion(text).answer is None)
             for text in words],
            rewards[mine_].tolist(), episodes.mask.sum(1)[mine_].tolist(), kl[drawn].mean().item(), spread[drawn].mean().item(),
            sure[mine_.start].item()))
    return out


def best_of(answered: Answered, n: int, or_decline: bool = False) -> int | None:
    """Index of the candidate with the highest reward among the first `n`, the earliest of equal ones; None: declining, whose
    reward is 0 by definition, is better than each of them."""
    choice = max(range(min(n, len(answered.rewards))), key=lambda i: (answered.rewards[i], -i))
    return None if or_decline and answered.rewards[choice] < 0 else choice


def best_of_n_kl(n: int) -> float:
    """Nats between best-of-n and its policy, at most (Stiennon et al. 2020, arXiv 2009.01325, appendix G.3)."""
    return math.log(n) - (n - 1) / n


def question_figures(answered: Answered, n: int = 1, or_decline: bool = False) -> dict[str, float]:
    choice = best_of(answered, n, or_decline) if n > 1 or or_decline else 0
    declined = choice is None or answered.labels[choice] == DECLINE
    correct = answered.correct(choice) if choice is not None else float(not answered.answerable)
    figures = {"goldCorrect": correct, "reward": answered.rewards[choice] if choice is not None else 0.0,
               "kl": answered.kl + (best_of_n_kl(n) if n > 1 else 0.0), "entropy": answered.entropy,
               # Brier score of answering at all against the passage having an answer.
               "brier": (answered.confidence - answered.answerable) ** 2,
               "tokens": float(answered.tokens[choice]) if choice is not None else 0.0}
    if len(answered.texts) > 1 and n == 1 and not or_decline:  # what the policy does as a distribution, which is what reinforcement works on
        drawn = range(1, len(answered.texts))
        figures |= {"sampledCorrect": sum(answered.correct(i) for i in drawn) / len(drawn), "sampledReward": sum(answered.rewards[1:]) / len(drawn)}
    if answered.answerable:
        figures |= {"rightAnswer": correct, "f1": 0.0 if choice is None else answered.f1[choice], "refusalWrong": float(declined)}
    else:
        figures |= {"refusalRight": float(declined), f"refusalRight {answered.kind}": float(declined)}
    return figures


def mean_figures(answered: list[Answered], **choice) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for one in answered:
        for name, value in question_figures(one, **choice).items():
            values.setdefault(name, []).append(value)
    return {name: sum(v) / len(v) for name, v in sorted(values.items())}


def figures_with_intervals(seeds: list[list[Answered]], rounds: int = 500, **choice) -> dict[str, dict]:
    """Mean over seeds and questions with a 95 % interval: seeds, and passages within them, are drawn anew (percentiles).

    seeds: the answers of each trained policy of a method, to the same questions in the same order.
    """
    per_seed = [mean_figures(answers, **choice) for answers in seeds]
    draws = _draw_means([_by_passage(answers, choice) for answers in seeds], rounds)
    return {name: {"value": sum(s[name] for s in per_seed) / len(per_seed), "interval": _middle_95([d[name] for d in draws if name in d]),
                   "seeds": [s[name] for s in per_seed]} for name in per_seed[0]}


def differences_with_intervals(seeds: list[list[Answered]], base: list[Answered], rounds: int = 500, **choice) -> dict[str, dict]:
    """How much more than the first answers of `base`, mean and 95 % interval. The same passages are drawn for both, so what is
    hard for both falls out."""
    sums, base_sums = [_by_passage(answers, choice) for answers in seeds], _by_passage(base, {})
    draws = list(zip(_draw_means(sums, rounds), _draw_means([base_sums], rounds, seeds=len(sums))))
    everything = sorted(base_sums)
    of_base, of_ours = _means(base_sums, everything), [_means(one, everything) for one in sums]
    both = [name for name in of_base if name in of_ours[0]]  # a choice among samples has no figures of its samples
    return {name: {"value": sum(one[name] for one in of_ours) / len(of_ours) - of_base[name],
                   "interval": _middle_95([ours[name] - theirs[name] for ours, theirs in draws if name in ours and name in theirs])}
            for name in both}


def _draw_means(sums: list[dict], rounds: int, seeds: int | None = None) -> list[dict[str, float]]:
    """Means of `rounds` draws of passages and seeds. The passages of a round do not depend on `sums`; `seeds` is how many seeds the
    other side of a comparison has."""
    passages, rng, out = sorted(sums[0]), random.Random(1), []
    for _ in range(rounds):
        drawn = rng.choices(passages, k=len(passages))
        chosen = rng.choices(range(seeds or len(sums)), k=seeds or len(sums))
        means: dict[str, list[float]] = {}
        for seed in chosen:
            for name, mean in _means(sums[seed % len(sums)], drawn).items():
                means.setdefault(name, []).append(mean)
        out.append({name: sum(values) / len(values) for name, values in means.items()})
    return out


def _means(sums: dict[str, dict[str, tuple[float, int]]], passages: list[str]) -> dict[str, float]:
    totals: dict[str, tuple[float, int]] = {}
    for passage in passages:
        for name, (total, count) in sums[passage].items():
            before = totals.get(name, (0.0, 0))
            totals[name] = before[0] + total, before[1] + count
    return {name: total / count for name, (total, count) in totals.items()}


def _middle_95(values: list[float]) -> list[float]:
    ordered = sorted(values)
    return [ordered[int(0.025 * len(ordered))], ordered[int(0.975 * len(ordered))]]


def _by_passage(answers: list[Answered], choice: dict) -> dict[str, dict[str, tuple[float, int]]]:
    out: dict[str, dict[str, tuple[float, int]]] = {}
    for one in answers:
        mine = out.setdefault(one.passage, {})
        for name, value in question_figures(one, **choice).items():
            total, count = mine.get(name, (0.0, 0))
            mine[name] = total + value, count + 1
    return out
