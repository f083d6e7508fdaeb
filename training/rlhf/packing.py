"""Many questions behind one passage: the passage stands once, each question with its target follows as a branch.

    row:        P P P P | q a a | q q a | ...
    positions:  0 1 2 3 | 4 5 6 | 4 5 6 | ...       restart behind the passage
    mask:       a branch sees the passage and itself, never another branch

Log-probabilities equal those of a plain forward over passage + branch, at about a quarter of the tokens.
A branch may itself have sub-branches (candidates behind one question); `parent` then names the branch it continues.
"""

from dataclasses import dataclass, field, fields, replace

import torch


@dataclass
class Segment:
    tokens: list[int]
    parent: int = -1  # index of the segment this one continues; -1: the root
    targets: list[bool] = field(default_factory=list)  # True where the token is learnt; empty: none


@dataclass
class PackedBatch:
    input_ids: torch.Tensor  # (B, T)
    position_ids: torch.Tensor  # (B, T)
    visible: torch.Tensor  # (B, 1, T, T) bool: row may look at column
    sources: torch.Tensor  # (N, 2): (row, position) whose next-token distribution is learnt
    labels: torch.Tensor  # (N,): the token there
    owners: torch.Tensor  # (N, 2): (row, segment) of each label
    last: list[list[int]]  # last[row][segment]: position of the segment's final token

    def to(self, device: torch.device) -> "PackedBatch":
        moved = {f.name: getattr(self, f.name).to(device) for f in fields(self) if f.name != "last"}
        return replace(self, **moved)


def pack(rows: list[list[Segment]], pad: int) -> PackedBatch:
    """Rows of segments, parents before children -> one padded batch, where tensors are made by default."""
    device = torch.get_default_device()
    with torch.device("cpu"):  # many small writes
        batch = _packed(rows, pad)
    return batch.to(device)


def _packed(rows: list[list[Segment]], pad: int) -> PackedBatch:
    width = max(sum(len(s.tokens) for s in row) for row in rows)
    batch = len(rows)
    input_ids = torch.full((batch, width), pad, dtype=torch.long)
    position_ids = torch.zeros((batch, width), dtype=torch.long)
    visible = torch.zeros((batch, 1, width, width), dtype=torch.bool)
    sources, labels, owners, last = [], [], [], []
    for r, row in enumerate(rows):
        starts, ends, depths, offset = [], [], [], 0
        for s, segment in enumerate(row):
            length, depth, ancestor = len(segment.tokens), 0, segment.parent
            start, end = offset, offset + length
            if ancestor >= 0:
                depth = depths[ancestor]
            input_ids[r, start:end] = torch.tensor(segment.tokens, dtype=torch.long)
            position_ids[r, start:end] = torch.arange(depth, depth + length)
            visible[r, 0, start:end, start:end] = torch.ones(length, length, dtype=torch.bool).tril()
            while ancestor >= 0:
                visible[r, 0, start:end, starts[ancestor] : ends[ancestor]] = True
                ancestor = row[ancestor].parent
            for i, learnt in enumerate(segment.targets):
                if learnt:
                    source = start + i - 1 if i > 0 else ends[segment.parent] - 1
                    sources.append((r, source))
                    labels.append(segment.tokens[i])
                    owners.append((r, s))
            starts.append(start)
            ends.append(end)
            depths.append(depth + length)
            offset = end
        last.append([end - 1 for end in ends])
        for t in range(offset, width):  # padding looks at itself: an all-masked row would give NaN
            visible[r, 0, t, t] = True
    return PackedBatch(
        input_ids,
        position_ids,
        visible,
        torch.tensor(sources, dtype=torch.long).view(-1, 2),
        torch.tensor(labels, dtype=torch.long),
        torch.tensor(owners, dtype=torch.long).view(-1, 2),
        last,
    )


def attention_bias(batch: PackedBatch) -> torch.Tensor:
    """(B, 1, T, T): 0 where a row may look, the lowest number elsewhere."""
    bias = torch.zeros(batch.visible.shape, dtype=torch.float32).masked_fill_(~batch.visible, torch.finfo(torch.float32).min)
    kind = bias.device.type
    return bias.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else bias


def hidden_states(model, batch: PackedBatch) -> torch.Tensor:
    """(B, T, hidden) after the final norm, without the output layer: that is paid only where something is learnt."""
    return model.base_model(
        input_ids=batch.input_ids, position_ids=batch.position_ids, attention_mask=attention_bias(batch), use_cache=False
    ).last_hidden_state


def label_logprobs(model, batch: PackedBatch, hidden: torch.Tensor) -> torch.Tensor:
    """(N,) log-probability of each label, in fp32."""
    at = hidden[batch.sources[:, 0], batch.sources[:, 1]]  # (N, hidden)
    logits = model.get_output_embeddings()(at).float()  # (N, vocab)
    return -torch.nn.functional.cross_entropy(logits, batch.labels, reduction="none")
