"""Adapters, precision, checkpointing, other models, and several processes: the same results, laid out otherwise."""

import copy
import os
import socket

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from rlhf.checkpoints import save_model
from rlhf.episodes import PolicyModels
from rlhf.hardware import Hardware
from rlhf.layers import decoder_layers, freeze_lower, lower_states, trainable_state
from rlhf.lora import Adapted, merged_state
from rlhf.packing import hidden_states, label_logprobs, pack
from rlhf.reward import RewardHead
from rlhf.rollout import sample
from rlhf.rows import demonstration
from rlhf.spread import clip_gradients, whole_state
from rlhf.toy_world import write_model


def loss_of(model, row, tokenizer):
    packed = pack([demonstration(row, tokenizer)], 0)
    return -label_logprobs(model, packed, hidden_states(model, packed)).mean()


def test_an_adapter_by_hand():
    layer = Adapted(torch.nn.Linear(2, 2, bias=False), rank=1, alpha=3.0)
    layer.base.weight.data = torch.eye(2)
    x = torch.tensor([[1.0, 2.0]])
    assert torch.equal(layer(x), x)  # at first nothing changes
    layer.a.data, layer.b.data = torch.tensor([[1.0, 1.0]]), torch.tensor([[0.0], [2.0]])
    assert torch.allclose(layer(x), torch.tensor([[1.0, 2.0 + 3 * 2 * 3]]))
    assert torch.equal(layer.merged(), torch.tensor([[1.0, 0.0], [6.0, 7.0]]))


def test_adapters_alone_learn_and_are_saved_as_a_plain_model(tiny_model, tokenizer, row, tmp_path):
    before = {name: value.clone() for name, value in tiny_model.state_dict().items()}
    trained = freeze_lower(tiny_model, 1, lora=2)
    assert sum(p.numel() for p in trained) < sum(p.numel() for p in tiny_model.parameters()) / 5
    assert not any(isinstance(m, Adapted) for m in decoder_layers(tiny_model)[0].modules())
    optimizer = torch.optim.AdamW(trained, lr=1e-2)
    for _ in range(2):
        loss = loss_of(tiny_model, row, tokenizer)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    learnt = loss_of(tiny_model, row, tokenizer)
    assert learnt < loss
    assert set(trainable_state(tiny_model)) == {name for name, p in tiny_model.named_parameters() if p.requires_grad}
    merged = merged_state(tiny_model)
    assert merged.keys() == before.keys() and torch.equal(merged["model.layers.0.mlp.up_proj.weight"], before["model.layers.0.mlp.up_proj.weight"])
    save_model(tmp_path, tiny_model, tokenizer)
    plain = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    assert torch.allclose(loss_of(plain, row, tokenizer), learnt, atol=1e-5)


def test_with_adapters_the_reference_costs_no_memory(tmp_path):
    for name in ("policy", "reward"):
        write_model(tmp_path / name, seed=1)
    RewardHead(64).save(tmp_path / "reward")
    models = PolicyModels.load(tmp_path / "policy", tmp_path / "reward", 1, lora=2)
    options = type("Options", (), {"lora": 2, "checkpointing": False})
    trained = models.train(options)
    mine, theirs = (decoder_layers(m)[2].mlp.up_proj for m in (models.policy, models.reference))
    assert mine.base.weight is theirs.weight and not theirs.weight.requires_grad and trained


@pytest.mark.parametrize("kind", ["qwen2", "gpt2", "mistral"])
def test_any_causal_lm_reads_packed_rows(kind, tokenizer, row, tmp_path):
    sizes = dict(vocab_size=128, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=512, pad_token_id=0)
    more = {} if kind == "gpt2" else {"intermediate_size": 64, "num_key_value_heads": 2}
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **sizes, **more)).save_pretrained(tmp_path)
    model = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    segments = demonstration(row, tokenizer)
    packed = pack([segments], 0)
    together = label_logprobs(model, packed, hidden_states(model, packed))
    for s in range(1, len(segments)):
        ids = torch.tensor([segments[0].tokens + segments[s].tokens])
        alone = torch.log_softmax(model(ids).logits[0], -1)
        learnt = [len(segments[0].tokens) + i for i, t in enumerate(segments[s].targets) if t]
        assert torch.allclose(together[packed.owners[:, 1] == s], torch.stack([alone[i - 1, ids[0, i]] for i in learnt]), atol=1e-4)
    assert len(sample(model, tokenizer, row["title"], row["sentences"], ["Who?"], 2, max_tokens=3)[0]) == 2
    if kind == "gpt2":
        with pytest.raises(SystemExit, match="GPT2LMHeadModel has no embed_tokens, layers, norm, rotary_emb.*--frozen-layers 0"):
            lower_states(model, packed, 1)


def test_checkpointing_gives_the_same_gradients(tiny_model, tokenizer, row):
    other = copy.deepcopy(tiny_model)
    Hardware().prepare(other, checkpointing=True)
    assert other.is_activation_checkpointing and other.training
    for model in (tiny_model, other):
        loss_of(model, row, tokenizer).backward()
    for (name, one), two in zip(tiny_model.named_parameters(), other.parameters()):
        assert torch.allclose(one.grad, two.grad, atol=1e-6), name
    drawn = [sample(m, tokenizer, row["title"], row["sentences"], ["Who?"], 1, max_tokens=4) for m in (tiny_model, other)]
    assert drawn[0][0][0].tokens == drawn[1][0][0].tokens and other.training


def test_bf16_is_near_fp32_and_weights_stay_fp32(tiny_model, tokenizer, row):
    plain = loss_of(tiny_model, row, tokenizer)
    with Hardware("bf16").autocast():
        rounded = loss_of(tiny_model, row, tokenizer)
    assert rounded != plain and torch.allclose(rounded, plain, rtol=0.02)
    rounded.backward()
    assert all(p.grad.dtype == torch.float32 for p in tiny_model.parameters() if p.grad is not None)


def train_two_steps(model, hardware, rows, tokenizer):
    """Each process takes its own row; (first layer's weight as a whole, loss on both rows afterwards)."""
    freeze_lower(model, 1)
    hardware.prepare(model)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=0.5, foreach=False)
    order = hardware.mine(iter(rows * 2))
    for _ in range(2):
        for _ in range(len(rows) // hardware.processes):
            (loss_of(model, next(order), tokenizer) * hardware.processes / len(rows)).backward()
        hardware.average_gradients(trained)
        clip_gradients(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return whole_state(model.state_dict())


def one_of_two(rank, port, folder):
    import sys
    from pathlib import Path

    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    from conftest import CharacterTokenizer

    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
                   "ACCELERATE_USE_CPU": "true"}
    start = torch.load(folder / "start.pt", weights_only=False)
    tokenizer, ways = CharacterTokenizer(), {}
    for way in ("false", "true"):
        os.environ["ACCELERATE_USE_FSDP"] = way
        model, hardware = copy.deepcopy(start["model"]), Hardware()
        ways[way] = train_two_steps(model, hardware, start["rows"], tokenizer)
        with hardware.whole(model):  # sampling as long as it takes, in each process on its own
            ways[f"drawn {way}"] = sample(model, tokenizer, "T", ["S."], ["Who?"] * (rank + 1), 1, max_tokens=4 + 3 * rank)[0][0].tokens[:4]
        save_model(folder / way, model, tokenizer)
    ways["total"] = hardware.total({"episodes": rank + 1})["episodes"]
    ways["agreed"], ways["shares"] = hardware.agreed(rank), hardware.shares([f"{rank}a", f"{rank}b"][: rank + 1])
    torch.save(ways, folder / f"{rank}.pt")
    torch.distributed.destroy_process_group()


def test_two_processes_learn_what_one_learns_whole_or_spread(tiny_model, tokenizer, row, tmp_path):
    other = {**row, "branches": row["branches"][:1], "sentences": row["sentences"][:1]}
    rows = [row, other]
    torch.save({"model": tiny_model, "rows": rows}, tmp_path / "start.pt")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(one_of_two, (port, tmp_path), nprocs=2)
    expected = train_two_steps(copy.deepcopy(tiny_model), Hardware(), rows, tokenizer)
    ways = [torch.load(tmp_path / f"{rank}.pt", weights_only=False) for rank in (0, 1)]
    assert not torch.equal(expected["model.layers.2.mlp.up_proj.weight"], tiny_model.state_dict()["model.layers.2.mlp.up_proj.weight"])
    for way in ("false", "true"):
        for rank in (0, 1):
            for name, value in expected.items():
                assert torch.allclose(ways[rank][way][name], value, atol=1e-5), (way, rank, name)
        saved = AutoModelForCausalLM.from_pretrained(tmp_path / way, dtype=torch.float32).state_dict()
        assert torch.allclose(saved["model.layers.2.mlp.up_proj.weight"], expected["model.layers.2.mlp.up_proj.weight"], atol=1e-5)
        assert ways[0][f"drawn {way}"] == ways[1][f"drawn {way}"]
    assert [w["total"] for w in ways] == [3, 3] and [w["agreed"] for w in ways] == [0, 0]
    assert [w["shares"] for w in ways] == [["0a", "1b"], ["1a", "0a"]]  # three rows for two: one twice
