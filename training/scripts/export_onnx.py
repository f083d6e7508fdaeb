"""Policy and reward model to ONNX, as the service reads them: OUT/policy and OUT/reward.

    python scripts/export_onnx.py --policy "$WORK/sft" --reward "$WORK/reward" --calibration "$WORK/data/dev.jsonl" --out ../models

Another policy for the same reward model, selected by a setting of the service (CANDOR_POLICY_MODEL=policy-ppo):

    python scripts/export_onnx.py --policy "$WORK/ppo-1" --policy-name policy-ppo --calibration "$WORK/data/dev.jsonl" --out ../models

A folder whose manifest names the same weights and settings is left alone, so a run that was killed goes on. Without
--reward the reward model is the policy's own layers with a random head: good for trying the plumbing, not for answers.
`--tiny` writes the small random models of the tests instead.
"""

import argparse
import copy
import hashlib
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, LlamaForCausalLM

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.checkpoints import file_sha256
from rlhf.export import EmbeddingFile, Precision, Shape, lower_graph, policy_graph, reward_graph
from rlhf.gptq_layers import gptq_layers
from rlhf.model_cards import policy_card, reward_card
from rlhf.packing import hidden_states, pack
from rlhf.prompts import prompt_version
from rlhf.reward import RankedRow, ranked_row
from rlhf.rows import demonstration, read_rows
from rlhf.served import ServedModel
from rlhf.tiny import random_head, tiny_model, tiny_tokenizer

PRECISIONS = {
    "fp32": Precision(32),
    "int8": Precision(8),
    "exact4": Precision(4, exact=True),  # for layers that are still as GGUF's Q4_1 stored them
    "int4": Precision(4),
    "int4-fine": Precision(4, block=16),
    "mixed": Precision(4, block=16, fine=("self_attn.o_proj",)),
    "mixed-down": Precision(4, fine=("mlp.down_proj",)),
    "mixed-gates": Precision(4, fine=("mlp.down_proj", *(f"self_attn.{part}_proj" for part in "qkvo"))),  # 4 bits: gates and what they gate
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policy", type=Path, help="Hugging Face folder of the policy")
    parser.add_argument("--reward", type=Path, help="folder of the reward model: model.safetensors and head.pt")
    parser.add_argument("--out", type=Path, required=True, help="folder that gets policy/ and reward/")
    parser.add_argument("--lower", choices=PRECISIONS, default="exact4", help="precision of the shared layers")
    parser.add_argument("--policy-upper", choices=PRECISIONS, default="int4-fine")
    parser.add_argument("--reward-upper", choices=PRECISIONS, default="mixed-gates")
    parser.add_argument("--policy-accuracy-level", type=int, choices=(1, 4), default=4, help="4: int8 products, faster when writing")
    parser.add_argument("--reward-accuracy-level", type=int, choices=(1, 4), default=1, help="1: fp32 products, faster when reading")
    parser.add_argument("--frozen-layers", type=int, default=14, help="lowest layers, shared by policy and reward model")
    parser.add_argument("--max-tokens", type=int, default=2048, help="longest text, from passage to answer")
    parser.add_argument("--calibration", type=Path, help="demonstrations for GPTQ and for the comparison; without: plain rounding")
    parser.add_argument("--candidates", type=Path, help="ranked candidates, the same two things for the reward model: it reads wrong answers too")
    parser.add_argument("--rows", type=int, default=48, help="rows of --calibration and of --candidates that GPTQ uses")
    parser.add_argument("--compare-rows", type=int, default=24, help="further rows for the comparison with fp32")
    parser.add_argument("--plain-rounding", action="store_true", help="no GPTQ")
    parser.add_argument("--keep-policy", action="store_true", help="OUT/policy stays as it is: a new reward model for the policy that is served")
    parser.add_argument("--policy-name", default="policy", metavar="NAME",
                        help="folder of the policy in OUT; any other than the default one is written beside it, and OUT/reward stays as it is")
    parser.add_argument("--policy-evaluation", type=Path, help="output of evaluate_policy.py, for the card")
    parser.add_argument("--reward-evaluation", type=Path, help="output of evaluate_reward.py, for the card")
    parser.add_argument("--tiny", action="store_true", help="small random models; --policy and --reward are not read")
    args = parser.parse_args()
    beside = args.policy_name != "policy"
    if beside and (args.keep_policy or args.reward):
        parser.error("--policy-name writes a policy for the reward model that is in OUT: leave out --keep-policy and --reward")
    torch.set_num_threads(1)  # the matrices are small: a second thread only waits
    args.out.mkdir(parents=True, exist_ok=True)

    if args.tiny:
        tokenizer_file = args.out / "tokenizer.partial"
        model, version = tiny_model(tiny_tokenizer(tokenizer_file)), "tiny"
        args.frozen_layers, args.max_tokens, args.calibration = 2, 512, None
    else:
        if args.policy is None:
            parser.error("--policy is needed")
        need(args.policy / "model.safetensors", "a policy; scripts/train_sft.py makes one")
        model, tokenizer_file = LlamaForCausalLM.from_pretrained(args.policy, dtype=torch.float32).eval(), args.policy / "tokenizer.json"
        version = file_sha256(args.policy / "model.safetensors")[:12]
    if args.keep_policy:
        need(args.out / "policy/lower.onnx", "the policy that is kept")
    else:
        export_policy(args, model, tokenizer_file, version, calibration_rows(args))
    if beside:
        check_reads_the_same(args)
    else:
        export_reward(args, model, version, candidate_rows(args))
    if args.tiny:
        tokenizer_file.unlink()


def need(path: Path, what: str) -> Path:
    if not path.exists():
        raise SystemExit(f"{path}: expected {what}; found no file")
    return path


def evaluation(path: Path | None) -> dict:
    """Figures by name of either evaluation script: that of the reward model keeps them by kind of pair."""
    report = json.loads(need(path, "figures of an evaluation script").read_text()) if path else {}
    return {"all pairs": report["all"], **report["kinds"]} if "kinds" in report else report


def calibration_rows(args) -> list:
    if args.calibration is None:
        return []
    tokenizer = AutoTokenizer.from_pretrained(args.policy)
    rows = [demonstration(row, tokenizer) for row in read_rows(need(args.calibration, "demonstrations; scripts/prepare_data.py makes them"), args.rows + 2 * args.compare_rows)]
    return [row for row in rows if len(row) > 1][: args.rows + args.compare_rows]


def candidate_rows(args) -> list[RankedRow]:
    if args.candidates is None:
        return []
    tokenizer = AutoTokenizer.from_pretrained(args.policy)
    lines = read_rows(need(args.candidates, "ranked candidates; scripts/sample_candidates.py makes them"), args.rows + args.compare_rows)
    return [ranked_row(line, tokenizer) for line in lines]


def ready_layers(args, model, precision: Precision, rows: list) -> dict:
    """Upper layers rounded by GPTQ; none where it is not wanted or there is nothing to calibrate on."""
    if args.plain_rounding or not rows or precision.bits > 4:
        return {}
    return gptq_layers(copy.deepcopy(model), rows[: args.rows], args.frozen_layers, precision.of, precision.block)


def export_policy(args, model, tokenizer_file: Path, weights_version: str, rows: list) -> None:
    config, split = model.config, args.frozen_layers
    settings = {
        "promptVersion": prompt_version(), "lowerLayers": split, "upperLayers": config.num_hidden_layers - split,
        "hidden": config.hidden_size, "kvHeads": config.num_key_value_heads, "headDim": Shape.of(config, 1).head_dim,
        "vocabulary": config.vocab_size, "maxTokens": args.max_tokens,
        "precision": f"shared layers {args.lower}, own layers {args.policy_upper}" + ("" if args.plain_rounding or not rows else ", GPTQ"),
    }  # fmt: skip
    if args.policy_accuracy_level != 4:
        settings["accuracyLevel"] = args.policy_accuracy_level
    target, version = args.out / args.policy_name, version_of(args, weights_version, settings)
    if is_done(target, version, settings):
        return print(f"{target} is finished")
    folder = fresh(target)
    weights, shape = model.state_dict(), Shape.of(config, args.max_tokens)
    precision, lower_precision = (replace(PRECISIONS[name], accuracy_level=args.policy_accuracy_level) for name in (args.policy_upper, args.lower))
    embedding = EmbeddingFile(weights["model.embed_tokens.weight"], quantise=precision.bits < 32)
    embedding.write(folder / "embedding.bin")
    lower = lower_graph(weights, shape, split, lower_precision, embedding)
    onnx.save(lower.model("lower"), folder / "lower.onnx")
    ready = ready_layers(args, model, precision, rows)
    upper = policy_graph(weights, shape, split, settings["upperLayers"], precision, embedding, ready)
    onnx.save(upper.model("policy"), folder / "upper.onnx")
    shutil.copy(tokenizer_file, folder / "tokenizer.json")
    metrics = compare_policy(model, folder, rows[args.rows :])
    (folder / "README.md").write_text(policy_card(settings, metrics, version, evaluation(args.policy_evaluation)))
    finish(folder, target, args.policy_name, version, settings, metrics, ["lower.onnx", "upper.onnx", "embedding.bin", "tokenizer.json"])


def export_reward(args, policy, policy_version: str, rows: list[RankedRow]) -> None:
    split = args.frozen_layers
    model, head, weights_version = policy, random_head(policy.config.hidden_size), f"untrained-{policy_version}"
    if args.reward and not args.tiny:
        need(args.reward / "model.safetensors", "a reward model; scripts/train_reward.py makes one")
        head = torch.load(need(args.reward / "head.pt", "the head of the reward model"), map_location="cpu", weights_only=True)
        weights_version = file_sha256(args.reward / "model.safetensors")[:12]
        model = LlamaForCausalLM(policy.config).eval()
        check_shared(policy.state_dict(), read_reward(args.reward, model), split, args.reward)
    lower = args.out / "policy/lower.onnx"
    settings = {
        "promptVersion": prompt_version(), "layers": policy.config.num_hidden_layers - split, "policyLower": file_sha256(lower),
        "accuracyLevel": args.reward_accuracy_level, "precision": f"{args.reward_upper}" + ("" if args.plain_rounding or not rows else ", GPTQ"),
    }  # fmt: skip
    target, version = args.out / "reward", version_of(args, weights_version, settings)
    if is_done(target, version, settings):
        return print(f"{target} is finished")
    folder = fresh(target)
    shape, precision = Shape.of(policy.config, args.max_tokens), replace(PRECISIONS[args.reward_upper], accuracy_level=args.reward_accuracy_level)
    ready = ready_layers(args, model, precision, [row.segments for row in rows])
    graph = reward_graph(model.state_dict(), head, shape, split, settings["layers"], precision, ready)
    onnx.save(graph.model("reward"), folder / "model.onnx")
    metrics = compare_reward(model, head, lower, folder / "model.onnx", rows[args.rows :])
    (folder / "README.md").write_text(reward_card(settings, metrics, version, model is not policy, evaluation(args.reward_evaluation)))
    finish(folder, target, "reward", version, settings, metrics, ["model.onnx"])


def read_reward(folder: Path, model: LlamaForCausalLM) -> dict[str, torch.Tensor]:
    weights = load_file(folder / "model.safetensors")
    missing, _ = model.load_state_dict(weights, strict=False)
    if missing := [name for name in missing if name != "lm_head.weight"]:
        raise SystemExit(f"{folder / 'model.safetensors'}: {missing[0]} and {len(missing) - 1} other weights are missing")
    return weights


def check_shared(policy: dict, reward: dict, split: int, folder: Path) -> None:
    for name, weight in policy.items():
        shared = name == "model.embed_tokens.weight" or (name.startswith("model.layers.") and int(name.split(".")[2]) < split)
        if shared and not torch.equal(weight, reward[name]):
            raise SystemExit(f"{folder / 'model.safetensors'}: {name} differs from the policy's; the lowest {split} layers must be the same")


def check_reads_the_same(args) -> None:
    """The reward model reads what the policy's shared layers write: those of a policy beside the served one have to be the same file."""
    manifest = args.out / "reward/manifest.json"
    if not manifest.exists():
        return print(f"{manifest} is not there: give this policy a reward model on its own shared layers")
    expected, found = json.loads(manifest.read_text())["settings"]["policyLower"], file_sha256(args.out / args.policy_name / "lower.onnx")
    if found != expected:
        raise SystemExit(f"{args.out / args.policy_name / 'lower.onnx'} has SHA-256 {found}, {manifest} expects {expected}: "
                         "train with the shared layers frozen, and give --lower and --frozen-layers as they were for the reward model")


@torch.no_grad()
def compare_policy(model, folder: Path, rows: list) -> dict:
    """Teacher-forced on answers: how often the likeliest token is the same, and how far log-probabilities move."""
    if not rows:
        return {}
    served = ServedModel(folder / "lower.onnx", folder / "upper.onnx")
    same, moved, decline, losses = [], [], [], []
    for row in rows:
        batch = pack([row], 0)
        at, labels = batch.sources[:, 1], batch.labels
        expected = torch.log_softmax(model.lm_head(hidden_states(model, batch)[0, at]).float(), -1)  # (N, vocab)
        actual = torch.log_softmax(torch.from_numpy(served.packed(batch, len(row[0].tokens), at)), -1)
        same += (expected.argmax(-1) == actual.argmax(-1)).tolist()
        mine = [logprobs.gather(1, labels[:, None])[:, 0] for logprobs in (expected, actual)]
        moved += (mine[0] - mine[1]).abs().tolist()
        losses.append([-m.sum().item() for m in mine])
        first = torch.tensor([int((batch.owners[:, 1] == s).nonzero()[0]) for s in range(1, len(row))])
        decline += (expected[first].exp() - actual[first].exp()).abs().amax(-1).tolist()
    loss = np.sum(losses, 0) / len(same)
    return {"tokens": len(same), "sameToken": round(float(np.mean(same)), 4), "logprobMoved": round(float(np.mean(moved)), 4),
            "firstProbabilityMoved": round(float(np.mean(decline)), 4), "lossFp32": round(loss[0], 4), "loss": round(loss[1], 4)}


@torch.no_grad()
def compare_reward(model, head: dict, lower: Path, path: Path, rows: list[RankedRow]) -> dict:
    """Rewards of answers above a decline, as they are used: correlation with fp32, how far they move, pairs ordered right by both."""
    if not rows:
        return {}
    served, rewards, ordered = ServedModel(lower, path, capacity=4096), [], []
    for row in rows:
        batch = pack([row.segments], 0)
        places = [place for places in row.candidates for place in places]
        at = torch.tensor([batch.last[0][place] for place in places])
        raw = hidden_states(model, batch)[0, at] @ head["weight"].float().T + head["bias"].float()  # (N, 1)
        expected = ((raw - float(head["mean"])) / float(head["std"]))[:, 0].numpy()
        both = np.stack([expected, served.packed(batch, len(row.segments[0].tokens), at)[:, 0]])  # (2, N)
        scores = dict(zip(places, both.T))
        for candidates, labels in zip(row.candidates, row.labels):
            decline = scores[candidates[labels.index("decline")]]
            rewards += [scores[place] - decline for place, label in zip(candidates, labels) if label != "decline"]
        ordered += [scores[better] > scores[worse] for better, worse, _ in row.pairs]
    expected, actual = np.array(rewards).T
    pairs_fp32, pairs = np.mean(ordered, 0)
    return {"answers": len(expected), "correlation": round(float(np.corrcoef(expected, actual)[0, 1]), 4),
            "moved": round(float(np.abs(expected - actual).mean()), 4), "spread": round(float(expected.std()), 4),
            "pairsFp32": round(float(pairs_fp32), 4), "pairs": round(float(pairs), 4)}


def version_of(args, weights: str, settings: dict) -> str:
    """Weights rounded in another way are another model: a confidence fitted for the one does not fit the other."""
    return weights if args.tiny else hashlib.sha256(f"{weights} {json.dumps(settings, sort_keys=True)}".encode()).hexdigest()[:12]


def is_done(folder: Path, version: str, settings: dict) -> bool:
    path = folder / "manifest.json"
    if not path.exists():
        return False
    manifest = json.loads(path.read_text())
    return manifest["version"] == version and manifest["settings"] == settings


def fresh(target: Path) -> Path:
    folder = target.with_name(f"{target.name}.partial")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def finish(folder: Path, target: Path, name: str, version: str, settings: dict, metrics: dict, files: list[str]) -> None:
    """The manifest last, then the whole folder under its name: a half-written model is never read."""
    described = {file: {"bytes": (folder / file).stat().st_size, "sha256": file_sha256(folder / file)} for file in files}
    manifest = {"name": name, "version": version, "promptVersion": settings["promptVersion"], "settings": settings, "metrics": metrics, "files": described}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    shutil.rmtree(target, ignore_errors=True)
    os.replace(folder, target)
    print(f"{target}: {sum(d['bytes'] for d in described.values()) / 1e6:.1f} MB {json.dumps(metrics)}", flush=True)


if __name__ == "__main__":
    main()
