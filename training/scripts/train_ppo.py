"""Stage 3, proximal policy optimisation against the reward model, from the fine-tuned policy (`rlhf/ppo.py` has the equations).

    python scripts/train_ppo.py --prompts "$WORK/data/prompts.jsonl" --dev "$WORK/data/dev.jsonl" --policy "$WORK/sft" \\
        --reward "$WORK/reward" --out "$WORK/ppo" --minutes 60
    ... --ptx-gamma 0.5 --ptx-rows "$WORK/data/demonstrations.jsonl"     # PPO-ptx
    ... --brier 1                                                        # a Brier-type term (`rlhf/brier.py`)

One step: completions are drawn for the questions of a few passages; each is scored against the decline of its question; every
token pays for its distance from the fine-tuned policy; the policy is updated a few times on what was drawn. Gold answers of
--prompts are never read. `steps.jsonl` has a line a step, `curve.jsonl` the held-out figures, `curves.png` both. The weights kept
are the best ones by held-out gold correctness; the run stops itself when that falls while the reward rises.
"""

import argparse
import copy
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.brier import brier, confidences, outcomes
from rlhf.episodes import Episodes, PolicyModels, first_questions, share_lower
from rlhf.hardware import Hardware
from rlhf.layers import freeze_lower, upper_states
from rlhf.packing import hidden_states, label_logprobs, pack
from rlhf.plots import plot_run
from rlhf.policy_stage import HeldOut, add_policy_arguments, finish
from rlhf.ppo import AdaptiveKl, entropy, explained_variance, generalised_advantages, masked_mean, policy_loss, token_rewards, value_loss, whiten
from rlhf.reward import RewardHead
from rlhf.rollout import seeded
from rlhf.rows import demonstration, endless_order, read_lines, read_rows
from rlhf.spread import is_main
from rlhf.training_run import TrainingRun, is_finished, log, plain_errors


def main() -> None:
    args = arguments()
    if is_finished(args.out):
        return
    hardware = Hardware(args.precision)
    torch.manual_seed(args.seed)
    models = PolicyModels.load(args.policy, args.reward, args.frozen_layers, hardware=hardware, lora=args.lora)
    critic = Critic(models, args.value_trunk, args.frozen_layers)
    trained = models.train(args)
    critic.prepare(hardware)
    optimizer = torch.optim.AdamW([{"params": trained}, {"params": list(critic.head.parameters()), "peak": args.value_learning_rate},
                                   {"params": critic.trunk_parameters}], weight_decay=0.0, betas=(0.9, 0.95), eps=1e-5)
    run = TrainingRun(args, {"policy": models.policy, "critic": critic}, optimizer, args.learning_rate, warm_up_steps=5,
                      hardware=hardware, extra={"sampledTokens": 0, "episodes": 0, "history": [], "klCoefficient": args.kl_coefficient})
    kl = AdaptiveKl(run.state["klCoefficient"], args.kl_target, args.kl_horizon)
    prompts = [first_questions(row, args.questions) for row in read_rows(args.prompts)]
    ptx = [language_row(row, models.tokenizer) for row in read_rows(args.ptx_rows)] if args.ptx_gamma else []
    order = hardware.mine(endless_order(len(prompts), args.seed, skip=run.state["step"] * args.rows_per_step * hardware.processes))
    held_out = HeldOut(args, models, run)

    for step in run.steps():
        generator = seeded((args.seed + 7919 * hardware.rank) * 1_000_003 + step)
        rollouts = [roll_out(models, critic, prompts[next(order)], args, kl.coefficient, generator) for _ in range(args.rows_per_step)]
        give_advantages(rollouts, args)
        figures, counts = update(models, critic, rollouts, ptx, run, args)
        figures |= hardware.total(counts)
        kl.update(figures["kl"], figures["episodes"])
        run.state["klCoefficient"] = kl.coefficient
        run.done(**counts)
        log(args.out, {"step": step + 1, **figures, "klCoefficient": kl.coefficient}, "steps.jsonl")
        held_out.measure_if_due()
        run.save_if_due()
    if is_main():
        plot_run(read_lines(args.out / "steps.jsonl"), read_lines(args.out / "curve.jsonl"), args.out / "curves.png")
    finish(run, "ppo-ptx" if args.ptx_gamma else "ppo", episodes=run.state["episodes"])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=Path, required=True, help="rows whose questions are asked; their gold answers are not read")
    parser.add_argument("--samples", type=int, default=4, help="completions a question")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--rows-per-step", type=int, default=4, help="passages a step")
    parser.add_argument("--minibatch-rows", type=int, default=2, help="passages an optimiser step")
    parser.add_argument("--epochs", type=int, default=2, help="passes over what was drawn")
    parser.add_argument("--clip", type=float, default=0.2)
    parser.add_argument("--value-clip", type=float, default=0.2)
    parser.add_argument("--value-coefficient", type=float, default=0.5)
    parser.add_argument("--value-learning-rate", type=float, default=1e-3, help="of the value head")
    parser.add_argument("--value-trunk", choices=("policy", "reward"), default="policy",
                        help="policy: a head on the policy's own states, which it does not move; reward: layers of its own, begun as the reward model's")
    parser.add_argument("--value-warm-up", type=int, default=3, help="first steps in which only the value learns")
    parser.add_argument("--discount", type=float, default=1.0)
    parser.add_argument("--smoothing", type=float, default=0.95, help="lambda of the generalised advantage")
    parser.add_argument("--kl-coefficient", type=float, default=0.05, help="at the start; 0: no penalty")
    parser.add_argument("--kl-target", type=float, default=0.5, help="nats an answer")
    parser.add_argument("--kl-horizon", type=float, default=2000, help="episodes in which the coefficient may change by a fifth")
    parser.add_argument("--missing-end-penalty", type=float, default=1.0, help="taken off the score of an answer that was cut off")
    parser.add_argument("--brier", type=float, default=0.0, help="weight of the squared distance of confidence and worth; 0: none")
    parser.add_argument("--ptx-gamma", type=float, default=0.0, help="weight of the language-model loss; 0: plain PPO")
    parser.add_argument("--ptx-rows", type=Path, help="demonstrations for that loss, on prose and answers")
    add_policy_arguments(parser, minutes=60, learning_rate=2e-5)
    args = parser.parse_args()
    if args.ptx_gamma and not args.ptx_rows:
        parser.error("--ptx-gamma needs --ptx-rows")
    return args


class Critic(torch.nn.Module):
    """V(state) for each token of a completion: a linear head on the policy's states, or on layers of its own."""

    def __init__(self, models: PolicyModels, trunk: str, frozen: int):
        super().__init__()
        self.models, self.trunk = [models], None  # in a list: not a submodule, whose weights would be saved twice
        self.head = RewardHead(models.policy.config.hidden_size)
        if trunk == "reward":
            self.trunk = copy.deepcopy(models.reward)
            share_lower(self.trunk, models.policy, frozen)
            self.trunk.requires_grad_(True)
            freeze_lower(self.trunk, frozen)
            self.trunk.get_output_embeddings().requires_grad_(False)  # a value needs no vocabulary
            self.head.load_state_dict(models.head.state_dict())
        else:
            torch.nn.init.zeros_(self.head.linear.weight)

    def prepare(self, hardware: Hardware) -> None:
        if self.trunk is not None:
            hardware.prepare(self.trunk)

    @property
    def trunk_parameters(self) -> list[torch.nn.Parameter]:
        return [p for p in self.trunk.parameters() if p.requires_grad] if self.trunk else []

    def forward(self, episodes: Episodes, states: torch.Tensor) -> torch.Tensor:
        """(N,) from the policy's `states` (N, hidden), which get no gradient."""
        if self.trunk is None:
            return self.head(states.detach())
        hidden = upper_states(self.trunk, episodes.lower, episodes.batch, self.models[0].frozen)
        return self.head(hidden[0, episodes.batch.sources[:, 1]])


@dataclass
class Rollout:
    episodes: Episodes
    scores: torch.Tensor  # (E,)
    logprobs: torch.Tensor  # (E, T), as are the following
    kl: torch.Tensor
    brier: torch.Tensor  # (E,) squared distance of confidence and outcome
    outcomes: torch.Tensor  # (E,)
    values: torch.Tensor
    rewards: torch.Tensor
    advantages: torch.Tensor | None = None
    returns: torch.Tensor | None = None


@torch.no_grad()
def roll_out(models: PolicyModels, critic: Critic, row: dict, args, kl_coefficient: float, generator) -> Rollout:
    episodes = models.roll_out(row, args.samples, args.temperature, generator)
    policy, reference = models.outputs(models.policy, episodes), models.outputs(models.reference, episodes)
    scores = models.scores(episodes) - args.missing_end_penalty * torch.tensor([float(not c.ended) for c in episodes.completions])
    logprobs, other = episodes.spread(policy.logprobs), episodes.spread(reference.logprobs)
    worth = outcomes(scores, episodes.declined(models.tokenizer), torch.tensor(episodes.questions))
    distance = brier(confidences(policy.logits[episodes.firsts], models.decline), worth)
    rewards = token_rewards(scores - args.brier * distance, logprobs, other, episodes.mask, kl_coefficient)
    return Rollout(episodes, scores, logprobs, logprobs - other, distance, worth, episodes.spread(critic(episodes, policy.states)), rewards)


def give_advantages(rollouts: list[Rollout], args) -> None:
    """Generalised advantages, whitened over all tokens of the step."""
    sizes = [len(r.scores) for r in rollouts]
    join = lambda name: torch.cat([getattr(r, name) for r in rollouts])  # noqa: E731  (E of all rows, T)
    mask = torch.cat([r.episodes.mask for r in rollouts])
    advantages, returns = generalised_advantages(join("rewards"), join("values"), mask, args.discount, args.smoothing)
    for rollout, a, r in zip(rollouts, whiten(advantages, mask).split(sizes), returns.split(sizes)):
        rollout.advantages, rollout.returns = a, r


def update(models: PolicyModels, critic: Critic, rollouts: list[Rollout], ptx: list, run: TrainingRun, args) -> tuple[dict[str, float], dict[str, int]]:
    """A few passes over the rollouts in minibatches of passages. Objective: 2203.02155, equation 2, with the clipped surrogate.
    Returns figures, as means over the processes, and what this process drew."""
    warming, clipped, spread, ptx_losses = run.state["step"] < args.value_warm_up, [], [], []
    for epoch in range(args.epochs):
        rng = random.Random(f"{args.seed}:{run.state['step']}:{epoch}")
        order = rng.sample(rollouts, len(rollouts))
        for start in range(0, len(order), args.minibatch_rows):
            minibatch = order[start : start + args.minibatch_rows]
            tokens = sum(int(r.episodes.mask.sum()) for r in minibatch)
            for r in minibatch:
                mask, share = r.episodes.mask, int(r.episodes.mask.sum()) / tokens
                with torch.set_grad_enabled(not warming):
                    out = models.outputs(models.policy, r.episodes)
                values = r.episodes.spread(critic(r.episodes, out.states))
                loss = args.value_coefficient * value_loss(values, r.values, r.returns, mask, args.value_clip * max(1.0, r.returns[mask].std().item()))
                if not warming:
                    surrogate, fraction = policy_loss(r.episodes.spread(out.logprobs), r.logprobs, r.advantages, mask, args.clip)
                    loss = loss + surrogate
                    if args.brier:
                        loss = loss + args.brier * brier(confidences(out.logits[r.episodes.firsts], models.decline), r.outcomes).mean()
                    clipped.append(fraction.item() * share)
                with torch.no_grad():
                    spread.append(entropy(out.logits).mean().item() * share)
                run.backward(loss * share, args.prompts)
            if ptx and not warming:
                packed = pack([rng.choice(ptx)], models.tokenizer.pad_token_id)
                loss = -label_logprobs(models.policy, packed, hidden_states(models.policy, packed)).mean()
                ptx_losses.append(loss.item())
                run.backward(args.ptx_gamma * loss, args.ptx_rows)
            run.apply()
    batches = args.epochs * -(-len(rollouts) // args.minibatch_rows)
    mask = torch.cat([r.episodes.mask for r in rollouts])
    episodes, sampled = len(mask), int(mask.sum())
    values, returns = torch.cat([r.values for r in rollouts]), torch.cat([r.returns for r in rollouts])
    return run.hardware.mean({
        "reward": torch.cat([r.scores for r in rollouts]).mean().item(),
        "kl": sum(r.kl.sum().item() for r in rollouts) / episodes,  # nats an answer, from the tokens that were drawn
        "brier": torch.cat([r.brier for r in rollouts]).mean().item(),
        "entropy": sum(spread) / batches,
        "clipFraction": sum(clipped) / batches,
        "explainedVariance": explained_variance(values, returns, mask),
        "valueError": masked_mean((values - returns) ** 2, mask).item(),
        "tokens": sampled / episodes,
        "ended": sum(c.ended for r in rollouts for c in r.episodes.completions) / episodes,
        **({"ptxLoss": sum(ptx_losses) / len(ptx_losses)} if ptx_losses else {}),
    }), {"episodes": episodes, "sampledTokens": sampled}


def language_row(row: dict, tokenizer) -> list:
    """A demonstration that is learnt as a whole: the passage as prose, and the answers."""
    segments = demonstration(row, tokenizer)
    segments[0].targets = [False] + [True] * (len(segments[0].tokens) - 1)
    return segments


if __name__ == "__main__":
    plain_errors(main)
