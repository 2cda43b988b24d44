"""Log directories of real size: pairs of captures that ran together, one pair after the other; each is one pair with other times."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from tb_contention.recorders.xspace.writer import put_varint
from tb_contention.simulate.scenarios import EPOCH_NS, SCENARIOS
from tb_contention.simulate.write import write_scenario
from tb_contention.units import NS_PER_S

HOUR_NS = 3600 * NS_PER_S
#: Where the pair's window begins in the scenario, ms: both sessions are at work.
_BEGIN_MS = 350.0


def write_directory(
    out: Path | str, pairs: int, *, first: int = 0, window_ms: float = 330.0, every_ns: int = HOUR_NS
) -> Path:
    """Write `out/job<number>/{trainer,evaluator}`, each pair `every_ns` after the one before; return out.

    Windows of 330 ms are about 0.2 MB a capture. first: number of the first pair, so that a directory can grow.
    """
    out, scenario = Path(out), SCENARIOS[0]
    sessions = tuple(replace(s, window=(_BEGIN_MS, _BEGIN_MS + window_ms)) for s in scenario.sessions)
    with tempfile.TemporaryDirectory() as folder:
        write_scenario(replace(scenario, sessions=sessions), folder, alone=False)
        paths = sorted(Path(folder).rglob("*.xplane.pb"))
        files = [(path, path.read_bytes(), path.with_name("tb_contention.json").read_bytes()) for path in paths]
    instants = [list(dict.fromkeys(_instants(data))) for _, data, _ in files]
    for number in range(first, first + pairs):
        later = number * every_ns
        directory = datetime.fromtimestamp((EPOCH_NS + later) // NS_PER_S, timezone.utc).strftime("%Y_%m_%d_%H_%M_%S")
        for (path, data, manifest), stated in zip(files, instants, strict=True):
            for instant in stated:
                data = data.replace(_varint(instant), _varint(instant + later))
            place = out / f"job{number:05d}" / path.parts[-5] / "plugins" / "profile" / directory
            place.mkdir(parents=True, exist_ok=True)
            (place / path.name).write_bytes(data)
            (place / "tb_contention.json").write_bytes(manifest)
    return out


def _varint(value: int) -> bytes:
    out = bytearray()
    put_varint(out, value)
    return bytes(out)


def _instants(data: bytes) -> Iterator[int]:
    """Find the instants that a file states: varints of Unix ns in the hour after the epoch of the simulation."""
    for at in range(len(data) - 9):
        if data[at + 8] < 0x80 and all(byte >= 0x80 for byte in data[at : at + 8]):
            value = sum((byte & 0x7F) << (7 * k) for k, byte in enumerate(data[at : at + 9]))
            if 0 <= value - EPOCH_NS < HOUR_NS:
                yield value
