"""Weights in blocks of few bits, in the layout of ONNX Runtime's MatMulNBits: w = scale * (q - zero point).

Rounding alone (`round_to_grid`) loses more than it must. GPTQ (Frantar et al. 2022, arXiv 2210.17323) rounds column after
column and lets the columns not yet rounded make up for the error, weighted by what the layer really reads.
"""

from dataclasses import dataclass

import numpy as np
import torch


@dataclass
class Quantised:
    bits: int
    block: int
    levels: torch.Tensor  # (N, K) uint8, 0 .. 2**bits - 1
    scales: torch.Tensor  # (N, K / block) float32, with values that float16 can hold
    zeros: torch.Tensor  # (N, K / block) uint8

    def dequantised(self) -> torch.Tensor:
        """(N, K) float32: the weights that are really served."""
        rows, blocks = self.scales.shape
        levels = self.levels.view(rows, blocks, self.block).float()
        return (self.scales[..., None] * (levels - self.zeros[..., None].float())).view(rows, -1)

    def packed(self) -> np.ndarray:
        """(N, K / block, block * bits / 8) uint8; of two 4-bit levels the first is in the low half."""
        levels = self.levels.numpy()
        if self.bits == 4:
            levels = levels[:, 0::2] | levels[:, 1::2] << 4
        return levels.reshape(len(levels), self.scales.shape[1], -1)

    def packed_zeros(self) -> np.ndarray:
        zeros = self.zeros.numpy()
        if self.bits == 4:
            zeros = np.pad(zeros, ((0, 0), (0, zeros.shape[1] % 2)))
            zeros = zeros[:, 0::2] | zeros[:, 1::2] << 4
        return zeros


def grid(blocks: torch.Tensor, bits: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(..., block) -> scales and whole zero points (...): the best of a few shrunken ranges by squared error."""
    top = 2**bits - 1
    low, high = blocks.amin(-1).clamp(max=0), blocks.amax(-1).clamp(min=0)
    best = None
    for shrink in (1.0, 0.96, 0.92, 0.88, 0.84) if bits == 4 else (1.0,):
        scale = ((high - low) * shrink / top).half().float().clamp(min=1e-7)  # kept as float16
        for zero in {torch.floor, torch.ceil} if bits == 4 else {torch.round}:
            zero_point = zero(-low * shrink / scale).clamp(0, top)
            error = (snap(blocks, scale[..., None], zero_point[..., None], top) - blocks).square().sum(-1)
            if best is None:
                best = [error, scale, zero_point]
            else:
                better = error < best[0]
                best = [torch.where(better, new, old) for new, old in zip((error, scale, zero_point), best)]
    return best[1], best[2]


def snap(values: torch.Tensor, scale: torch.Tensor, zero: torch.Tensor, top: int) -> torch.Tensor:
    return scale * ((values / scale + zero).round().clamp(0, top) - zero)


def round_to_grid(weight: torch.Tensor, bits: int, block: int = 32) -> Quantised:
    """Each weight to its nearest level. `weight`: (N, K), K a multiple of `block`."""
    rows, columns = weight.shape
    blocks = weight.float().view(rows, columns // block, block)
    scales, zeros = grid(blocks, bits)
    levels = (blocks / scales[..., None] + zeros[..., None]).round().clamp(0, 2**bits - 1)
    return Quantised(bits, block, levels.view(rows, columns).byte(), scales, zeros.byte())


def symmetric(weight: torch.Tensor, block: int = 32) -> Quantised:
    """8 bits around the zero point 128. GGUF's Q8_0 is stored so: what came from it is kept exactly."""
    rows, columns = weight.shape
    blocks = weight.float().view(rows, columns // block, block)
    scales = (blocks.abs().amax(-1) / 127).half().float().clamp(min=1e-7)
    levels = (blocks / scales[..., None]).round().clamp(-127, 127) + 128
    return Quantised(8, block, levels.view(rows, columns).byte(), scales, torch.full_like(scales, 128).byte())


def gptq(weight: torch.Tensor, gram: torch.Tensor, bits: int, block: int = 32, damping: float = 0.01) -> Quantised:
    """`gram`: (K, K), sum of x x^T over what the layer read in a calibration run. The columns that matter most are rounded
    first, with the scales of plain rounding (GPTQ's "act-order" with static groups)."""
    columns = weight.shape[1]
    plain = round_to_grid(weight, bits, block)
    order = gram.diagonal().argsort(descending=True)
    gram = gram.double()[order][:, order]
    gram = gram + torch.eye(columns, dtype=torch.float64) * (damping * gram.diagonal().mean() + 1e-8)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram))
    factor = torch.linalg.cholesky(inverse, upper=True).float()  # (K, K), row j: how column j's error spreads to later ones
    rest = weight.float()[:, order].clone()
    scales = plain.scales.repeat_interleave(block, 1)[:, order]
    zeros = plain.zeros.float().repeat_interleave(block, 1)[:, order]
    levels, lazy = torch.empty_like(rest), 64
    for start in range(0, columns, lazy):
        end = min(start + lazy, columns)
        errors = torch.zeros(len(rest), end - start)
        for j in range(start, end):
            level = (rest[:, j] / scales[:, j] + zeros[:, j]).round().clamp(0, 2**bits - 1)
            error = (rest[:, j] - scales[:, j] * (level - zeros[:, j])) / factor[j, j]
            levels[:, j], errors[:, j - start] = level, error
            rest[:, j:end] -= error[:, None] * factor[j, j:end]
        rest[:, end:] -= errors @ factor[start:end, end:]
    plain.levels[:, order] = levels.byte()
    return plain


@dataclass
class Lattice:
    """Weights that already lie on 16 levels a block, as GGUF's Q4_1 stores them: w = scale * level + low, exactly."""

    levels: Quantised  # with the zero point 8 throughout
    offsets: torch.Tensor  # (N, K / block): low + 8 * scale, what the levels leave out

    def dequantised(self) -> torch.Tensor:
        return self.levels.dequantised() + self.offsets.repeat_interleave(self.levels.block, 1)


def lattice(weight: torch.Tensor, block: int = 32, tolerance: float = 2e-3) -> Lattice | None:
    """`None` where the weights lie on no such lattice (`tolerance` in levels)."""
    rows, columns = weight.shape
    blocks = weight.float().view(rows, columns // block, block)
    low, spread = blocks.amin(-1), blocks.amax(-1) - blocks.amin(-1)
    scales, found = torch.ones_like(low), spread == 0
    for steps in range(15, 0, -1):  # a block need not use its highest or lowest level
        scale = (spread / steps).clamp(min=1e-12)
        levels = (blocks - low[..., None]) / scale[..., None]
        fits = ((levels - levels.round()).abs().amax(-1) < tolerance * 15) & ~found
        scales, found = torch.where(fits, scale, scales), found | fits
    scales = torch.where(spread == 0, 0, scales).half().float()
    levels = ((blocks - low[..., None]) / scales[..., None].clamp(min=1e-12)).round().clamp(0, 15)
    if not found.all():
        return None
    zeros = torch.full_like(low, 8).byte()
    quantised = Quantised(4, block, levels.view(rows, columns).byte(), scales, zeros)
    return Lattice(quantised, (low + 8 * scales).half().float())
