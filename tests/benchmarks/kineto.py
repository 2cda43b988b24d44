"""Compare with json.loads on the same bytes in the same run: `python tests/benchmarks/kineto.py [KERNELS]`.

Writes one trace as PyTorch would (a launch and an operation per kernel; synthetic), and prints how long `json.loads` takes on it beside
decoding to columns, and skimming beside decoding. Best of three; ratios above 1 are in our favour.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from timing import best

from tb_contention.recorders.kineto.reader import decode_kineto
from tb_contention.recorders.kineto.skim import skim_kineto

_BASE_NS, _FIRST_US = 1_743_521_598_000_000_000, 198093488368.463
_LAUNCH = {
    "registers per thread": 64,
    "shared memory": 0,
    "grid": [160, 1, 1],
    "block": [128, 1, 1],
    "est. achieved occupancy %": 30,
}


def events(kernels: int) -> Iterator[dict[str, Any]]:
    """Make the events of a plain training."""
    for n in range(kernels):
        at, op = _FIRST_US + 10 * n, {"External id": n % 1000}
        where = {"queued": 0, "device": 0, "context": 1, "stream": 7, "correlation": n + 1}
        kernel = {"cat": "kernel", "name": f"void gemm_{n % 50}<float, 128>(Params)", "ts": at, "dur": 8.125}
        yield {"ph": "X", "pid": 0, "tid": 7, "args": op | where | _LAUNCH, **kernel}
        call = {"cat": "cuda_runtime", "name": "cudaLaunchKernel", "ts": at - 8, "dur": 4.0}
        yield {"ph": "X", "pid": 4211, "tid": 4211, "args": op | {"cbid": 211, "correlation": n + 1}, **call}
        outer = {"cat": "cpu_op", "name": f"aten::op{n % 100}", "ts": at - 9, "dur": 9.0}
        yield {"ph": "X", "pid": 4211, "tid": 4211, "args": op | {"Ev Idx": n}, **outer}


def written(kernels: int) -> bytes:
    """Write a trace."""
    return json.dumps({"baseTimeNanoseconds": _BASE_NS, "traceEvents": [*events(kernels)]}, indent=1).encode()


def main(kernels: int) -> None:
    """Print the comparison."""
    data = written(kernels)
    assert len(decode_kineto(written(2), file="f").kernels) == 2  # compiled before anything is timed
    parse = best(lambda: json.loads(data), 3)
    decode = best(lambda: decode_kineto(data, file="f"), 3)
    skim = best(lambda: skim_kineto(data, file="f"), 3)
    sys.stdout.write(
        f"{len(data) / 1e6:.0f} MB, {kernels:,} kernels: json.loads {parse:.2f} s, to columns {decode:.2f} s ({parse / decode:.1f}x), "
        f"skimmed {skim:.2f} s ({decode / skim:.1f}x)\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
