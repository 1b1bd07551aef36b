"""How fast training reads, and how near that is to what the machine can multiply (model FLOP utilisation)."""

import time
from dataclasses import dataclass

import torch

PEAK_S = 0.3  # that the measurement of a matrix product takes
_SHAPE = (2048, 1024, 1024)


@dataclass(slots=True)
class Work:
    """What training did: tokens read, places of the batches that held them, operations on numbers, seconds.

    Of operations those of the layers' matrix products count, of tokens and not of padding: two for each weight going
    forward, four going back; attention between tokens is left out, a few percent at these lengths.
    """

    tokens: int = 0
    places: int = 0
    flops: float = 0.0
    seconds: float = 0.0

    def record(self, device: torch.device, dtype: torch.dtype) -> dict[str, float]:
        """Return the rates for a record, beside the measured peak of the device."""
        seconds, peak = max(self.seconds, 1e-9), matmul_peak(device, dtype)
        return {
            "seconds": round(self.seconds, 2),
            "tokens_per_s": round(self.tokens / seconds, 1),
            "padding": round(1 - self.tokens / max(1, self.places), 4),
            "gflops": round(self.flops / seconds / 1e9, 2),
            "peak_gflops": round(peak / 1e9, 2),
            "utilisation": round(self.flops / seconds / peak, 4),
        }


def matmul_peak(device: torch.device, dtype: torch.dtype) -> float:
    """Measure the operations a second of a matrix product of the size that layers have."""
    rows, inner, columns = _SHAPE
    left, right = (torch.randn(shape, device=device, dtype=dtype) for shape in ((rows, inner), (inner, columns)))
    left @ right
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < PEAK_S:
        left @ right
        _settle(device)
        done += 1
    return 2.0 * rows * inner * columns * done / (time.perf_counter() - started)


def _settle(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
