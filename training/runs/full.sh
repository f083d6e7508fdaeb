#!/usr/bin/env bash
# The whole chain that makes the committed models: a queue of stages, one after the other. Stop it at any point and start it
# again: a finished stage is passed over, a stage that was cut off goes on from its last save.
#
#     nice -n 19 training/runs/full.sh ../shared/data
#
# Minutes of each stage can be set from outside, for example SFT_MINUTES=180. State lies under
# ${XDG_CACHE_HOME:-~/.cache}/candor-training/$GENERATION; models are written to OUT (default: models).
# BEGIN_WITH=served goes on from the models in OUT instead of from the base model; with SFT_MINUTES=0 the policy then stays
# as it is and the reward model alone is trained on. The second generation:
#
#     BEGIN_WITH=served SFT_MINUTES=0 REWARD_PASSAGES=508 REWARD_MINUTES=52 SEED=2 training/runs/full.sh ../shared/data
#
# and the third, whose reward model learnt from adversarial pairs, too:
#
#     BEGIN_WITH=served SFT_MINUTES=0 REWARD_PASSAGES=249 ADVERSARIAL_PASSAGES=400 REWARD_MINUTES=46 SEED=3 training/runs/full.sh ../shared/data
set -euo pipefail
data=$(realpath "${1:-../shared/data}")
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root/training"
[ -d "$data/squad" ] || { echo "$data: expected the folder of the data sets (squad/train-v1.1.json.gz); give it as the first argument" >&2; exit 1; }
python=${PYTHON:-.venv/bin/python}
[ -x "$python" ] || { echo "$python: not there; run: npm run training:setup" >&2; exit 1; }

generation=${GENERATION:-current}
work=${XDG_CACHE_HOME:-$HOME/.cache}/candor-training/$generation
out=${OUT:-$root/models}
seed=${SEED:-1}
mkdir -p "$work"
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
# Without these glibc gives large buffers back at every step.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456

stage() { echo "== $(date -u +%H:%M:%S) $*"; "$python" "scripts/$@"; }

[ -f "$work/data/card.json" ] || stage prepare_data.py --data "$data" --out "$work/data" --seed "$seed"
policy=$work/sft from_policy=() from_reward=() keep=()
if [ "${BEGIN_WITH:-base}" = served ]; then
  stage restore_weights.py --models "$out" --out "$work/restored"
  from_policy=(--base "$work/restored/policy") from_reward=(--begin-with "$work/restored/reward")
fi
if [ "${SFT_MINUTES:-480}" = 0 ]; then
  policy=$work/restored/policy keep=(--keep-policy)
else
  stage train_sft.py --rows "$work/data/demonstrations.jsonl" --dev "$work/data/dev.jsonl" --out "$policy" \
    --minutes "${SFT_MINUTES:-480}" --seed "$seed" "${from_policy[@]}"
fi
stage sample_candidates.py --rows "$work/data/rewards.jsonl" --policy "$policy" --out "$work/candidates.jsonl" \
  --limit "${REWARD_PASSAGES:-2400}" --samples 3 --answers-only --seed "$seed"
pairs=()
if [ "${ADVERSARIAL_PASSAGES:-0}" != 0 ]; then  # learn from adversarial pairs too
  [ -f "$work/adversarial.jsonl" ] ||
    stage make_adversarial.py --rows "$work/data/rewards.jsonl" --out "$work/adversarial.jsonl" --limit "$ADVERSARIAL_PASSAGES" --seed "$seed"
  pairs+=(--adversarial "$work/adversarial.jsonl")
fi
[ "${LENGTH_TERM:-0}" = 0 ] || pairs+=(--length-term)
stage train_reward.py --candidates "$work/candidates.jsonl" --policy "$policy" --out "$work/reward" \
  --minutes "${REWARD_MINUTES:-180}" --seed "$seed" "${from_reward[@]}" "${pairs[@]}"
stage sample_candidates.py --rows "$work/data/evaluation.jsonl" --policy "$policy" --out "$work/evaluation-candidates.jsonl" \
  --limit "${EVALUATION_PASSAGES:-200}" --samples 3 --seed "$seed"
[ -f "$work/reward/evaluation.json" ] ||
  stage evaluate_reward.py --candidates "$work/evaluation-candidates.jsonl" --reward "$work/reward" --out "$work/reward/evaluation.json"
[ -f "$work/reward/adversarial.json" ] || {
  stage make_adversarial.py --rows "$work/data/evaluation.jsonl" --out "$work/adversarial-evaluation.jsonl" --phrasings evaluation \
    --limit "${EVALUATION_PASSAGES:-200}"
  stage evaluate_reward.py --candidates "$work/adversarial-evaluation.jsonl" --reward "$work/reward" --out "$work/reward/adversarial.json"
}
[ -f "$policy/evaluation.json" ] ||
  stage evaluate_policy.py --policy "$policy" --rows "$work/data/evaluation.jsonl" --limit "${EVALUATION_PASSAGES:-200}" --out "$policy/evaluation.json"
# The reinforcement part, and what else could be done with the same sampled tokens. Not before the reward model earns trust: a policy
# finds the favour of a weak one within minutes. FORCE_PPO=1 goes on all the same, to measure just that.
if stage check_reward.py --reward "$work/reward" || [ "${FORCE_PPO:-0}" = 1 ]; then
  POLICY=$policy EVALUATION_PASSAGES=${EVALUATION_PASSAGES:-200} runs/methods.sh "$work"
  results=${RESULTS:-$root/benchmarks/results}
  cp "$work/training.json" "$work/training.png" "$results/"
fi
stage export_embedder.py --data "$data" --out "$out/embedder"
stage train_reranker.py --data "$data" --out "$out/reranker" --minutes "${RERANKER_MINUTES:-120}" --seed "$seed"
stage export_onnx.py --policy "$policy" --reward "$work/reward" --calibration "$work/data/dev.jsonl" \
  --candidates "$work/candidates.jsonl" --out "$out" "${keep[@]}"
