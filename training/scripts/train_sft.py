"""Stage 1, supervised fine-tuning: a short answer and its sentence number, or a decline, from one passage.

    python scripts/train_sft.py --rows "$WORK/data/demonstrations.jsonl" --dev "$WORK/data/dev.jsonl" --out "$WORK/sft" --minutes 180

The loss is taken on answers only (Ouyang et al. 2022, section 3.5). The budget is minutes of training time: a run that is
killed goes on from its last save (every --save-minutes) and its cosine schedule with it. `curve.jsonl` keeps the held-out
loss; the folder holds the weights of the best one.
"""

import argparse
import random
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.checkpoints import base_model_dir, file_sha256, load_policy, save_model
from rlhf.hardware import Hardware
from rlhf.intervals import auc
from rlhf.layers import freeze_lower
from rlhf.packing import hidden_states, label_logprobs, pack
from rlhf.prompts import prompt_version, templates
from rlhf.rows import batches_of_equal_length, demonstration, encode, read_rows
from rlhf.training_run import TrainingRun, add_run_arguments, is_finished, plain_errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--base", type=Path, help="Hugging Face folder to start from (default: SmolLM2-135M-Instruct)")
    parser.add_argument("--frozen-layers", type=int, default=14, help="lowest layers kept as they are (0: all are trained)")
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--rows-per-step", type=int, default=2)
    parser.add_argument("--dev-rows", type=int, default=40)
    parser.add_argument("--patience", type=int, help="stop after so many held-out figures without a better one (default: never)")
    add_run_arguments(parser, minutes=180)
    args = parser.parse_args()
    if is_finished(args.out):
        return

    hardware = Hardware(args.precision)
    torch.manual_seed(args.seed)
    model, tokenizer = load_policy(args.base or base_model_dir())
    freeze_lower(model, args.frozen_layers, args.lora)
    hardware.prepare(model, args.checkpointing)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=args.learning_rate, weight_decay=0.01, betas=(0.9, 0.98))
    rows = [demonstration(row, tokenizer) for row in read_rows(args.rows)]
    rows = [row for row in rows if len(row) > 1]
    if not rows:
        raise SystemExit(f"{args.rows}: no question to learn from")
    dev = [demonstration(row, tokenizer) for row in read_rows(args.dev, args.dev_rows)]
    print(f"{len(rows)} rows, {sum(len(r) - 1 for r in rows)} questions, {sum(p.numel() for p in trained) / 1e6:.1f} M trained")

    run = TrainingRun(args, {"model": model}, optimizer, args.learning_rate, {"seen": 0}, hardware=hardware)
    batches = hardware.mine(endless_batches(rows, args.rows_per_step, args.seed, skip=run.state["step"] * hardware.processes))
    for step in run.steps():
        batch = next(batches)
        packed = pack(batch, tokenizer.pad_token_id)
        run.backward(-label_logprobs(model, packed, hidden_states(model, packed)).mean(), args.rows)
        run.apply()
        run.done(seen=sum(len(row) - 1 for row in batch))
        if step % 50 == 49:
            seconds = run.state["seconds"]
            print(f"step {step + 1} loss {run.recent_loss():.3f} {run.state['seen'] / seconds:.1f} questions/s {seconds / 60:.1f} min", flush=True)
        if run.evaluation_due():
            run.evaluated(evaluate(model, tokenizer, dev), better=lambda new, best: new["devLoss"] <= best["devLoss"],
                          save=lambda folder: save_model(folder, model, tokenizer),
                          questions=run.state["seen"], trainLoss=run.recent_loss())
            run.stop_when_stale(args.patience)
        run.save_if_due()
    run.finish(stage="sft", promptVersion=prompt_version(), questions=run.state["seen"],
               data={args.rows.name: file_sha256(args.rows), args.dev.name: file_sha256(args.dev)})


def endless_batches(rows, size: int, seed: int, skip: int):
    epoch = 0
    while True:
        batches = batches_of_equal_length(rows, size, random.Random(f"{seed}:{epoch}"))
        if skip < len(batches):
            yield from batches[skip:]
        skip, epoch = max(0, skip - len(batches)), epoch + 1


@torch.no_grad()
def evaluate(model, tokenizer, dev) -> dict:
    """Held-out loss, share of answers whose every token is the likeliest, and how well declining is told from answering."""
    decline = encode(tokenizer, templates()["decline"])[0]
    loss, tokens, scores, labels, exact = 0.0, 0, [], [], []
    for row in dev:
        packed = pack([row], tokenizer.pad_token_id)
        hidden = hidden_states(model, packed)
        at = hidden[packed.sources[:, 0], packed.sources[:, 1]]
        logits = model.get_output_embeddings()(at).float()  # (N, vocab)
        logprobs = torch.log_softmax(logits, -1)
        loss -= logprobs.gather(1, packed.labels[:, None]).sum().item()
        tokens += len(packed.labels)
        best = logits.argmax(-1) == packed.labels
        for segment in range(1, len(row)):
            mine = (packed.owners[:, 1] == segment).nonzero()[:, 0]
            scores.append(logprobs[mine[0], decline].item())
            labels.append(packed.labels[mine[0]].item() == decline)
            if not labels[-1]:
                exact.append(best[mine].all().item())
    return {"devLoss": loss / max(1, tokens), "declineAuc": auc(scores, labels), "teacherForcedExact": sum(exact) / max(1, len(exact))}


if __name__ == "__main__":
    plain_errors(main)
