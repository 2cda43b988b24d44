"""Allocator events at size, beside upb on the same bytes: `python tests/benchmarks/memory.py [EVENTS]`.

Writes one simulated file (10,000,000 allocator events on two threads unless told, 1.1 GB, which takes a minute) to a temporary folder, and
prints how long the analysis takes, and all from the file to the report without cache; best of five. Beside it, on a file of a million
events, how long `XSpace.ParseFromString` takes on those bytes alone.
"""

import sys
import tempfile
from functools import partial
from pathlib import Path

from timing import best

import tb_contention
from tb_contention.analysis import Options, analyse_decoded
from tb_contention.pipeline import decode
from tb_contention.recorders.discover import discover
from tb_contention.recorders.xspace.decoding.reader import decode_xspace
from tb_contention.recorders.xspace.proto import XSpace
from tb_contention.simulate import write_large_memory

RUN = "s/plugins/profile/2026_03_05_10_00_00/simulated-host.xplane.pb"
PEER = 1_000_000


def beside_upb(path: Path) -> None:
    data = path.read_bytes()
    upb = best(lambda: XSpace().ParseFromString(data))
    ours = best(lambda: decode_xspace(data, file="one"))
    sys.stdout.write(
        f"{PEER:,} allocator events, {len(data) / 1e6:.0f} MB: upb {upb:.2f} s, decoded to columns {ours:.2f} s, ratio {upb / ours:.1f}\n"
    )


def whole(folder: Path, events: int) -> None:
    size = (folder / RUN).stat().st_size
    analysis = best(partial(analyse_decoded, decode(discover(str(folder))), Options()))
    seconds = best(lambda: tb_contention.analyse(folder, cache_dir=None))
    sys.stdout.write(
        f"{events:,} allocator events, {size / 1e6:.0f} MB: analysis {analysis:.2f} s, from file to report without cache {seconds:.2f} s\n"
    )


def main(events: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        beside_upb(write_large_memory(Path(folder, "small", RUN), PEER))
        write_large_memory(Path(folder, "large", RUN), events)
        whole(Path(folder, "large"), events)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
