"""Compare with upb on the same bytes in the same run: `python tests/benchmarks/compare.py [KERNELS]`.

Writes three simulated sessions of a million kernels (59 MB each) to a temporary folder, and prints how long `XSpace.ParseFromString`
takes on them alone beside decoding to columns, the whole analysis, and the first tile of the timeline. Best of five; ratios above 1 are in
our favour.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from timing import best

import tb_contention
from tb_contention.pipeline import analyse_logdir
from tb_contention.recorders.xspace.decoding.reader import decode_xspace
from tb_contention.recorders.xspace.proto import XSpace
from tb_contention.simulate import write_large
from tb_contention.timeline.lanes import build_timeline
from tb_contention.timeline.tiles import tile


def parse(data: bytes) -> int:
    return int(XSpace().ParseFromString(data) or 0)


def main(kernels: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = [
            write_large(f"{folder}/s{k}/plugins/profile/2026_03_05_10_00_00/simulated-host.xplane.pb", kernels, seed=k)
            for k in range(3)
        ]
        # In a process of its own, whose peak nothing else has raised.
        sys.stdout.write(
            subprocess.run(
                [sys.executable, __file__, "--memory", files[0]], capture_output=True, text=True, check=True
            ).stdout
        )
        report(folder, [f.read_bytes() for f in files], kernels)


def peak_bytes() -> int:
    """Read the high-water mark of this program; that of getrusage is inherited from the parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def memory(path: str) -> None:
    decode_xspace(SMALL, file="warm-up")
    before = peak_bytes()
    data = Path(path).read_bytes()
    events = decode_xspace(data, file="one").events_in_file
    extra = peak_bytes() - before - len(data)
    sys.stdout.write(f"memory at the peak: the file's size and {extra / events:.0f} bytes per event\n")


def report(folder: str, datas: list[bytes], kernels: int) -> None:
    upb, ours = best(lambda: parse(datas[0])), best(lambda: decode_xspace(datas[0], file="one"))
    sys.stdout.write(
        f"one file of {kernels} kernels, {len(datas[0]) / 1e6:.0f} MB: upb {upb:.3f} s, decoded to columns {ours:.3f} s, "
        f"ratio {upb / ours:.2f}\n"
    )
    upb = best(lambda: list(map(parse, datas)))
    ours = best(lambda: tb_contention.analyse(folder, cache_dir=None))
    sys.stdout.write(
        f"three files: upb {upb:.3f} s, whole analysis without cache {ours:.3f} s, ratio {upb / ours:.2f}\n"
    )
    analysis = analyse_logdir(folder)
    timeline = build_timeline(analysis.aligned, analysis.report.devices[0])
    level = max(0, ((timeline.end - timeline.start) // 512).bit_length())
    size = len(tile(timeline, level, 0))
    seconds = best(lambda: tile(timeline, level, 0))
    sys.stdout.write(f"coarsest tile of all three: {seconds * 1000:.0f} ms, {size / 1000:.0f} kB before compression\n")


SMALL = XSpace(
    planes=[{"name": "/device:GPU:0", "lines": [{"id": 1, "events": [{"duration_ps": 1}]}]}]
).SerializeToString()

if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        memory(sys.argv[2])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
