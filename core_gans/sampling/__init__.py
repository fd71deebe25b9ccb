"""Samples of a trained generator: how their latents are drawn, and what they are written into."""

from core_gans.sampling.drawing import Drawing, drawing
from core_gans.sampling.truncation import truncated
from core_gans.sampling.writing import require_free_place, write_samples

__all__ = ["Drawing", "drawing", "require_free_place", "truncated", "write_samples"]
