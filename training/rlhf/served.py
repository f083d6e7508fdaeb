"""The exported graphs as Python runs them, the way the service does: a passage first, then branches behind it."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch

from rlhf.packing import PackedBatch

HIDDEN = -1e9  # added to a score that must not count


def open_session(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class CachedGraph:
    """One graph and its key-value cache."""

    def __init__(self, path: Path, capacity: int = 1024, threads: int = 1):
        self.session = open_session(path, threads)
        self.cache = {}
        for value in self.session.get_inputs():
            if value.name.startswith("past."):
                self.cache[value.name] = np.zeros((1, value.shape[1], capacity, value.shape[3]), np.float32)

    def run(self, inputs: dict[str, np.ndarray], past: int) -> np.ndarray:
        """The graph's result; the cache grows by the tokens of `inputs` behind its first `past`."""
        names = [output.name for output in self.session.get_outputs()]
        result = None
        for name, value in zip(names, self.session.run(names, {**inputs, **self.cache})):
            if name.startswith("new."):
                self.cache[name.replace("new", "past")][:, :, past : past + value.shape[2]] = value
            else:
                result = value
        return result


def mask_inputs(positions: np.ndarray, visible: np.ndarray | None, past: int) -> dict[str, np.ndarray]:
    """`positions`: (T,). `visible`: (T, past + T) bool; None: every token sees all before it."""
    tokens = len(positions)
    bias = np.zeros((tokens, past + tokens), np.float32) if visible is None else np.where(visible, 0, HIDDEN).astype(np.float32)
    return {"position_ids": positions[None].astype(np.int64), "attention_bias": bias[None, None], "past_length": np.array([past]),
            "seqlens_k": np.array([past + tokens - 1], np.int32), "total_sequence_length": np.array(past + tokens, np.int32)}


class ServedModel:
    """`lower` followed by `upper`, which is the policy's or the reward model's."""

    def __init__(self, lower: Path, upper: Path, capacity: int = 1024, threads: int = 1):
        self.lower, self.upper = CachedGraph(lower, capacity, threads), CachedGraph(upper, capacity, threads)

    def step(self, ids: list[int], past: int, positions=None, visible=None, selected=None) -> np.ndarray:
        """(n, outputs) for the `selected` of the new tokens; all of them by default."""
        positions = np.arange(past, past + len(ids)) if positions is None else np.asarray(positions)
        masks = mask_inputs(positions, visible, past)
        hidden = self.lower.run({"input_ids": np.array([ids], np.int64), **masks}, past)
        selected = np.arange(len(ids)) if selected is None else np.asarray(selected)
        return self.upper.run({"hidden": hidden, "selected": selected.astype(np.int64), **masks}, past)[0]

    def packed(self, batch: PackedBatch, passage_tokens: int, at: torch.Tensor) -> np.ndarray:
        """(n, outputs) at the positions `at` of a batch of one row; all of them behind the passage's second last token."""
        ids = batch.input_ids[0].tolist()
        positions, visible = batch.position_ids[0].numpy(), batch.visible[0, 0].numpy()
        n = passage_tokens
        before = self.step(ids[:n], 0, selected=[n - 1])
        behind = self.step(ids[n:], n, positions[n:], visible[n:])
        return np.concatenate([before, behind])[at.numpy() - (n - 1)]

    def greedy(self, passage: list[int], questions: list[list[int]], end: int, longest: int = 24) -> list[list[int]]:
        """The likeliest token again and again, for each question behind the passage; without the end token."""
        self.step(passage, 0, selected=[len(passage) - 1])
        answers = []
        for question in questions:
            past, answer = len(passage), []
            logits = self.step(question, past, selected=[len(question) - 1])
            past += len(question)
            while len(answer) < longest and (token := int(logits[0].argmax())) != end:
                answer.append(token)
                logits = self.step([token], past)
                past += 1
            answers.append(answer)
        return answers
