#!/usr/bin/env bash
# PPO, PPO-ptx, reward-filtered fine-tuning and DPO from one fine-tuned policy on one reward model with the same budget, and the table of
# all with best of n beside them. Stop it at any point and start it again: it goes on.
#
#     nice -n 19 training/runs/methods.sh WORK        (WORK/sft, WORK/reward, WORK/data as runs/full.sh leaves them)
#
# The budget is SAMPLED_TOKENS (default 150000) for each method and seed. About half an hour for each on one AVX2 core:
#
#     SAMPLED_TOKENS=20000 DPO_MINUTES=15 POLICY_SEEDS=1 DEV_ROWS=16 EVAL_MINUTES=10 EVALUATION_PASSAGES=60 SAMPLES=7 \
#       OMP_NUM_THREADS=1 training/runs/methods.sh WORK
#
# EXPORT=FOLDER writes PPO's policy (of the first seed) into a copy of models/, where CANDOR_MODELS_DIR=FOLDER
# CANDOR_POLICY_MODEL=policy-ppo serves it. METHODS names the ones to train (default: ppo ppo-ptx filtered dpo); POLICY, REWARD, METHODS_OUT say where things are and go.
set -euo pipefail
work=$(realpath "${1:?expected the folder that runs/full.sh works in}") export_to=${EXPORT:+$(realpath "$EXPORT")}
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
[ -x "$python" ] || { echo "$python: not there; run: npm run training:setup" >&2; exit 1; }
policy=${POLICY:-$work/sft} reward=${REWARD:-$work/reward} out=${METHODS_OUT:-$work}
for file in "$policy/model.safetensors" "$reward/head.pt" "$work/data/prompts.jsonl" "$work/data/dev.jsonl" "$work/data/evaluation.jsonl"; do
  [ -f "$file" ] || { echo "$file: not there; runs/full.sh makes it" >&2; exit 1; }
done
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456

stage() { echo "== $(date -u +%H:%M:%S) $*"; "$python" "scripts/$@"; }

tokens=${SAMPLED_TOKENS:-150000}
prompts=(--prompts "$work/data/prompts.jsonl")
models=(--policy "$policy" --reward "$reward" --frozen-layers "${FROZEN_LAYERS:-14}")
held_out=(--dev "$work/data/dev.jsonl" --dev-rows "${DEV_ROWS:-24}" --eval-minutes "${EVAL_MINUTES:-6}")
ppo=(--sampled-tokens "$tokens" --learning-rate "${PPO_LEARNING_RATE:-2e-5}")
methods=()
for name in ${METHODS:-ppo ppo-ptx filtered dpo}; do
  folders=
  for seed in ${POLICY_SEEDS:-1 2 3}; do
    folder=$out/$name-$seed
    common=(--out "$folder" --seed "$seed" "${models[@]}")
    case $name in
      ppo) stage train_ppo.py "${prompts[@]}" "${common[@]}" "${held_out[@]}" "${ppo[@]}" ;;
      ppo-ptx) stage train_ppo.py "${prompts[@]}" "${common[@]}" "${held_out[@]}" "${ppo[@]}" \
        --ptx-gamma "${PTX_GAMMA:-0.5}" --ptx-rows "$work/data/demonstrations.jsonl" ;;
      ppo-brier) stage train_ppo.py "${prompts[@]}" "${common[@]}" "${held_out[@]}" "${ppo[@]}" --brier "${BRIER:-1}" ;;
      filtered) stage train_filtered.py "${prompts[@]}" "${common[@]}" "${held_out[@]}" --sampled-tokens "$tokens" \
        --learning-rate "${FILTERED_LEARNING_RATE:-2e-5}" ;;
      dpo)
        stage sample_scored.py "${prompts[@]}" "${models[@]}" --out "$out/scored-$seed.jsonl" --sampled-tokens "$tokens" --seed "$seed"
        stage train_dpo.py --scored "$out/scored-$seed.jsonl" "${common[@]}" "${held_out[@]}" --minutes "${DPO_MINUTES:-60}" \
          --learning-rate "${DPO_LEARNING_RATE:-1e-5}" ;;
      *) echo "METHODS: expected ppo, ppo-ptx, ppo-brier, filtered or dpo, found $name" >&2; exit 1 ;;
    esac
    folders+=,$folder
  done
  methods+=(--method "$name=${folders#,}")
done
[ -f "$out/training.json" ] ||
  stage compare_methods.py --sft "$policy" --reward "$reward" --frozen-layers "${FROZEN_LAYERS:-14}" --rows "$work/data/evaluation.jsonl" \
    --limit "${EVALUATION_PASSAGES:-200}" --samples "${SAMPLES:-15}" "${methods[@]}" --out "$out/training.json" --figure "$out/training.png"
if [ -n "$export_to" ] && [[ " ${METHODS:-ppo} " == *" ppo "* ]]; then
  seeds=(${POLICY_SEEDS:-1})
  stage export_onnx.py --policy "$out/ppo-${seeds[0]}" --policy-name policy-ppo --frozen-layers "${FROZEN_LAYERS:-14}" \
    --calibration "$work/data/dev.jsonl" --out "$export_to"
fi
