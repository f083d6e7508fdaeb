"""What the stages that train a policy on the reward have in common: options, held-out figures, and what they keep."""

from pathlib import Path

from rlhf.checkpoints import file_sha256, save_model
from rlhf.episodes import PolicyModels, first_questions
from rlhf.policy_evaluation import answer_rows, mean_figures
from rlhf.ppo import over_optimised
from rlhf.prompts import prompt_version
from rlhf.rows import read_rows
from rlhf.training_run import TrainingRun, add_run_arguments


def add_policy_arguments(parser, minutes: float, learning_rate: float) -> None:
    parser.add_argument("--policy", type=Path, required=True, help="fine-tuned policy (Hugging Face folder): start and reference")
    parser.add_argument("--reward", type=Path, required=True, help="reward model on the same lower layers")
    parser.add_argument("--dev", type=Path, required=True, help="held-out rows with gold answers: measured on, not learnt from")
    parser.add_argument("--dev-rows", type=int, default=24)
    parser.add_argument("--dev-samples", type=int, default=1, help="samples a held-out question, for the KL")
    parser.add_argument("--frozen-layers", type=int, default=14)
    parser.add_argument("--learning-rate", type=float, default=learning_rate)
    parser.add_argument("--questions", type=int, default=6, help="at most so many of a passage")
    parser.add_argument("--stop-drop", type=float, default=0.03,
                        help="the run stops when gold correctness is so far below the start twice while the reward is above it")
    parser.add_argument("--sampled-tokens", type=int, help="stop after so many sampled tokens: the same budget for every method")
    add_run_arguments(parser, minutes=minutes, eval_minutes=6)


class HeldOut:
    """Figures of the policy on held-out rows, and when to stop."""

    def __init__(self, args, models: PolicyModels, run: TrainingRun):
        self.models, self.run, self.args = models, run, args
        self.rows = [first_questions(row, args.questions) for row in read_rows(args.dev, args.dev_rows)]
        if not run.state["history"]:
            self.measure()

    def measure(self, **line) -> None:
        """The fine-tuned policy is measured first and is what is kept until something is better by gold correctness."""
        with self.run.hardware.autocast():
            figures = mean_figures(answer_rows(self.models, self.rows, self.args.dev_samples, self.args.seed))
        self.run.state["history"].append({"step": self.run.state["step"], **figures})
        self.run.evaluated(figures, better=lambda new, best: new["goldCorrect"] > best["goldCorrect"],
                           save=lambda folder: save_model(folder, self.models.policy, self.models.tokenizer),
                           sampledTokens=self.run.state["sampledTokens"], **line)
        self.run.stopped = over_optimised(self.run.state["history"], self.args.stop_drop) or self.run.stopped
        if self.run.stopped:
            print(f"stopped: {self.run.stopped}", flush=True)

    def measure_if_due(self, **line) -> None:
        if self.run.evaluation_due():
            self.measure(**line)


def finish(run: TrainingRun, stage: str, **facts) -> None:
    args = run.args
    files = {name: getattr(args, name) for name in ("prompts", "scored", "ptx_rows", "dev") if getattr(args, name, None)}
    run.finish(stage=stage, promptVersion=prompt_version(), sampledTokens=run.state["sampledTokens"], start=run.state["history"][0],
               last=run.state["history"][-1], data={path.name: file_sha256(path) for path in files.values()},
               policy=file_sha256(args.policy / "model.safetensors"), reward=file_sha256(args.reward / "model.safetensors"), **facts)
