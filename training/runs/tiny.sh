#!/usr/bin/env bash
# The whole chain at toy size, in minutes on one CPU core and without a download: data, fine-tuning, rankings, reward model, PPO,
# PPO-ptx, DPO, reward-filtered fine-tuning, the table of all, export. It really learns: at the end it is asserted that the reward rises,
# that the distance from the fine-tuned policy stays bounded and that gold correctness does not fall.
#
#     training/runs/tiny.sh [FOLDER]      (default: a new temporary folder, removed at the end)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-}
if [ -z "$work" ]; then work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; fi
mkdir -p "$work"
work=$(cd "$work" && pwd)
cd "$root/training"
python=${PYTHON:-.venv/bin/python}
[ -x "$python" ] || { echo "$python: not there; run: npm run training:setup" >&2; exit 1; }
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false OMP_NUM_THREADS=1

stages=()
stage() { stages+=("$(printf '%q ' "$@")"); }  # all run in one process: half of the time would go into loading libraries
data=$work/rows
reward=(--reward "$work/reward" --frozen-layers 1 --seed 1)
held_out=(--dev "$data/dev.jsonl" --dev-rows 30)
ppo=(--prompts "$data/prompts.jsonl" --policy "$work/sft" "${reward[@]}" "${held_out[@]}" --learning-rate 2e-4 --value-learning-rate 3e-3 --kl-coefficient 0.5 --kl-target 0.05
  --rows-per-step 6 --minibatch-rows 3 --eval-steps 10)

stage make_toy.py --out "$work"
stage prepare_data.py --data "$work/data" --out "$data"
# Fine-tuning ends before everything is learnt, so that there is something left to win.
stage train_sft.py --rows "$data/demonstrations.jsonl" --dev "$data/dev.jsonl" --base "$work/base" --out "$work/sft" \
  --frozen-layers 0 --learning-rate 3e-3 --rows-per-step 8 --steps "${SFT_STEPS:-220}" --eval-steps 110
stage sample_candidates.py --rows "$data/rewards.jsonl" --policy "$work/sft" --out "$work/candidates.jsonl" --limit 200 --samples 3
stage make_adversarial.py --rows "$data/rewards.jsonl" --out "$work/adversarial.jsonl"
stage train_reward.py --candidates "$work/candidates.jsonl" --adversarial "$work/adversarial.jsonl" --policy "$work/sft" --out "$work/reward" \
  --frozen-layers 1 --learning-rate 1.5e-3 --head-learning-rate 3e-3 --rows-per-step 8 --rows-per-pass 8 --steps "${REWARD_STEPS:-200}" --eval-steps 200
stage train_ppo.py --out "$work/ppo" "${ppo[@]}" --steps "${PPO_STEPS:-20}"
stage train_ppo.py --out "$work/ppo-ptx" "${ppo[@]}" --steps 5 --ptx-gamma 0.2 --ptx-rows "$data/demonstrations.jsonl"
stage sample_scored.py --prompts "$data/prompts.jsonl" --policy "$work/sft" --out "$work/scored.jsonl" "${reward[@]}" --sampled-tokens 3000
stage train_dpo.py --scored "$work/scored.jsonl" --policy "$work/sft" --out "$work/dpo" "${reward[@]}" "${held_out[@]}" \
  --learning-rate 2e-4 --margin 0.2 --steps 12 --eval-steps 12
stage train_filtered.py --prompts "$data/prompts.jsonl" --policy "$work/sft" --out "$work/filtered" "${reward[@]}" "${held_out[@]}" \
  --learning-rate 2e-4 --rows-per-round 12 --steps 2 --eval-steps 2
stage compare_methods.py --sft "$work/sft" --reward "$work/reward" --frozen-layers 1 --rows "$data/calibration.jsonl" --limit 30 --samples 3 \
  --method "ppo=$work/ppo" --method "ppo-ptx=$work/ppo-ptx" --method "dpo=$work/dpo" --method "filtered=$work/filtered" \
  --out "$work/training.json" --figure "$work/training.png"
stage export_onnx.py --policy "$work/ppo" --reward "$work/reward" --frozen-layers 1 --lower int8 --policy-upper int8 --reward-upper int8 \
  --max-tokens 256 --calibration "$data/dev.jsonl" --candidates "$work/candidates.jsonl" --rows 4 --compare-rows 8 --out "$work/models"
printf '%s\n' "${stages[@]}" | "$python" scripts/run_stages.py
"$python" - "$work" <<'PYTHON'
import json, sys
from pathlib import Path

work = Path(sys.argv[1])
steps = [json.loads(line) for line in (work / "ppo/steps.jsonl").read_text().splitlines()]
curve = [json.loads(line) for line in (work / "ppo/curve.jsonl").read_text().splitlines()]
third = len(steps) // 3
first, last = (sum(s["reward"] for s in part) / third for part in (steps[:third], steps[-third:]))
assert last > first, f"the reward fell from {first:.3f} to {last:.3f}"
assert all(line["kl"] < 2.0 for line in curve), f"KL left its bound: {[line['kl'] for line in curve]}"
start, end = curve[0]["goldCorrect"], curve[-1]["goldCorrect"]
assert end >= start - 0.02, f"gold correctness fell from {start:.3f} to {end:.3f}"
table = {line["method"] for line in json.loads((work / "training.json").read_text())["methods"]}
assert table == {"sft", "best-of-n", "ppo", "ppo-ptx", "dpo", "filtered"}, table
for name in ("policy", "reward"):
    assert (work / "models" / name / "manifest.json").exists(), f"{name} was not exported"
print(f"reward {first:.3f} -> {last:.3f}, KL {curve[-1]['kl']:.3f} nats, gold correctness {start:.3f} -> {end:.3f}")
PYTHON
