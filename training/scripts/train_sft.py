"""Stage 1, supervised fine-tuning: a short answer and its sentence number, or a decline, from one passage.

    python scripts/train_sft.py --rows "$WORK/data/demonstrations.jsonl" --dev "$WORK/data/dev.jsonl" --out "$WORK/sft" --minutes 180

The loss is taken on answers only (Ouyang et al. 2022, section 3.5). The budget is minutes of training time: a run that is
killed goes on from its last save (every --save-minutes) and its cosine schedule with it. `curve.jsonl` keeps the held-out
loss; the folder holds the weights of the best one.
"""

import argparse
import json
import math
import random
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.checkpoints import base_model_dir, file_sha256, load_policy, load_state, save_state, write_manifest
from rlhf.packing import hidden_states, label_logprobs, pack
from rlhf.prompts import prompt_version, templates
from rlhf.rows import batches_of_equal_length, demonstration, encode, read_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--base", type=Path, help="Hugging Face folder to start from (default: SmolLM2-135M-Instruct)")
    parser.add_argument("--minutes", type=float, default=180)
    parser.add_argument("--frozen-layers", type=int, default=14, help="lowest layers kept as they are (0: all are trained)")
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--rows-per-step", type=int, default=2)
    parser.add_argument("--eval-minutes", type=float, default=12)
    parser.add_argument("--save-minutes", type=float, default=6)
    parser.add_argument("--dev-rows", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    settings = {k: str(v) for k, v in vars(args).items() if k not in ("minutes", "out", "save_minutes", "eval_minutes")}
    if (args.out / "manifest.json").exists():
        return print(f"{args.out} is finished")

    torch.manual_seed(args.seed)
    model, tokenizer = load_policy(args.base or base_model_dir())
    trained = freeze_lower(model, args.frozen_layers)
    optimizer = torch.optim.AdamW(trained, lr=args.learning_rate, weight_decay=0.01, betas=(0.9, 0.98))
    rows = [demonstration(row, tokenizer) for row in read_rows(args.rows)]
    rows = [row for row in rows if len(row) > 1]
    dev = [demonstration(row, tokenizer) for row in read_rows(args.dev, args.dev_rows)]
    print(f"{len(rows)} rows, {sum(len(r) - 1 for r in rows)} questions, {sum(p.numel() for p in trained) / 1e6:.1f} M trained")

    state_path = args.out / "state.pt"
    state = load_state(state_path, settings) or {"settings": settings, "step": 0, "seconds": 0.0, "seen": 0, "best": None}
    if "model" in state:
        model.load_state_dict(state.pop("model"), strict=False)
        optimizer.load_state_dict(state.pop("optimizer"))
        print(f"goes on at step {state['step']}, {state['seconds'] / 60:.1f} minutes in")

    budget, last_save, last_eval = args.minutes * 60, time.monotonic(), time.monotonic()
    losses: list[float] = []
    for batch in endless_batches(rows, args.rows_per_step, args.seed, skip=state["step"]):
        if state["seconds"] >= budget:
            break
        started = time.monotonic()
        for group in optimizer.param_groups:
            group["lr"] = args.learning_rate * schedule(state["step"], state["seconds"] / budget)
        packed = pack(batch, tokenizer.pad_token_id)
        loss = -label_logprobs(model, packed, hidden_states(model, packed)).mean()
        if not torch.isfinite(loss):
            raise SystemExit(f"loss is {loss.item()} at step {state['step']}: lower --learning-rate or look at {args.rows}")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        state["step"] += 1
        state["seen"] += sum(len(row) - 1 for row in batch)
        state["seconds"] += time.monotonic() - started
        if state["step"] % 50 == 0:
            rate = state["seen"] / state["seconds"]
            print(f"step {state['step']} loss {sum(losses[-50:]) / 50:.3f} {rate:.1f} questions/s {state['seconds'] / 60:.1f} min", flush=True)
        if time.monotonic() - last_eval > args.eval_minutes * 60 or state["seconds"] >= budget:
            last_eval = time.monotonic()
            figures = evaluate(model, tokenizer, dev)
            log(args.out, {"step": state["step"], "questions": state["seen"], "minutes": state["seconds"] / 60,
                           "trainLoss": sum(losses[-50:]) / len(losses[-50:]), **figures})
            if state["best"] is None or figures["devLoss"] <= state["best"]["devLoss"]:
                state["best"] = figures
                model.save_pretrained(args.out)
                tokenizer.save_pretrained(args.out)
        if time.monotonic() - last_save > args.save_minutes * 60:
            last_save = time.monotonic()
            save_state(state_path, {**state, "model": trainable_state(model), "optimizer": optimizer.state_dict()})
    write_manifest(args.out, stage="sft", seed=args.seed, promptVersion=prompt_version(), settings=settings, minutes=args.minutes,
                   data={args.rows.name: file_sha256(args.rows), args.dev.name: file_sha256(args.dev)},
                   steps=state["step"], questions=state["seen"], metrics=state["best"])
    state_path.unlink(missing_ok=True)


def freeze_lower(model, layers: int) -> list[torch.nn.Parameter]:
    """Parameters that are trained: the layers from `layers` on and the final norm; everything where `layers` is 0."""
    if layers > 0:
        model.model.embed_tokens.requires_grad_(False)  # tied to the output layer
        for layer in model.model.layers[:layers]:
            layer.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]


def trainable_state(model) -> dict:
    return {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}


def schedule(step: int, progress: float, warm_up_steps: int = 20) -> float:
    """Factor on the learning rate: linear warm-up, then a cosine to a tenth. `progress` 0..1 of the time budget."""
    return min(1.0, (step + 1) / warm_up_steps) * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


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
        logits = model.lm_head(at).float()  # (N, vocab)
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
    return {"devLoss": loss / tokens, "declineAuc": auc(scores, labels), "teacherForcedExact": sum(exact) / max(1, len(exact))}


def auc(scores: list[float], labels: list[bool]) -> float:
    """Probability that a random positive scores above a random negative (ties count half); nan without both kinds."""
    positives = [s for s, l in zip(scores, labels) if l]
    negatives = [s for s, l in zip(scores, labels) if not l]
    if not positives or not negatives:
        return math.nan
    wins = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    return wins / (len(positives) * len(negatives))


def log(folder: Path, line: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    print(json.dumps(line), flush=True)
    with open(folder / "curve.jsonl", "a") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
