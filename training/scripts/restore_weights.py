"""Back from the served models to weights that can be trained on: OUT/policy and OUT/reward, as Hugging Face folders.

    python scripts/restore_weights.py --models ../models --out "$WORK/restored"

A generation can so begin where the committed one ended, even where its training state is gone. The frozen layers are those
of the base model; the others are what is served: rounded to few bits, which a few minutes of training make good again.
"""

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rlhf.checkpoints import base_model_dir, load_policy
from rlhf.restore import read_graph, restored_head, restored_layers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True, help="folder with policy/ and reward/")
    parser.add_argument("--base", type=Path, help="Hugging Face folder of the frozen layers (default: SmolLM2-135M-Instruct)")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    model, tokenizer = load_policy(args.base or base_model_dir())
    plain = {name: weight.clone() for name, weight in model.state_dict().items()}
    for name, file in (("policy", "policy/upper.onnx"), ("reward", "reward/model.onnx")):
        folder, path = args.out / name, args.models / file
        if not path.exists():
            raise SystemExit(f"{path}: expected a served model; found no file")
        if (folder / "model.safetensors").exists():
            print(f"{folder} is finished")
            continue
        graph = read_graph(path)
        model.load_state_dict(plain | restored_layers(graph, plain))
        folder.mkdir(parents=True, exist_ok=True)
        if name == "reward":
            torch.save(restored_head(graph), folder / "head.pt")
        tokenizer.save_pretrained(folder)
        model.save_pretrained(folder)
        print(f"{folder}: {path} as fp32 weights", flush=True)


if __name__ == "__main__":
    main()
