"""Log directories of real size: pairs of simulated captures, one pair an hour, made by writing other times into two recorded files."""

import argparse
import tempfile
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from tb_contention.simulate import SCENARIOS, write_scenario
from tb_contention.simulate.scenarios import EPOCH_NS
from tb_contention.units import NS_PER_S

HOUR_NS = 3600 * NS_PER_S


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def write_pairs(out: Path, pairs: int, *, window_ms: float = 330.0, every_ns: int = HOUR_NS) -> Path:
    """Write pairs of captures that ran together, each pair `every_ns` after the one before; 330 ms are about 0.2 MB a capture."""
    scenario = SCENARIOS[0]
    sessions = tuple(replace(s, window=(350.0, 350.0 + window_ms)) for s in scenario.sessions)
    with tempfile.TemporaryDirectory() as folder:
        write_scenario(replace(scenario, sessions=sessions), Path(folder), alone=False)
        files = [(p, p.read_bytes()) for p in sorted(Path(folder).rglob("*.xplane.pb"))]
        manifest = next(Path(folder).rglob("tb_contention.json")).read_bytes()
    starts = [stated(data) for _, data in files]
    for number in range(pairs):
        later = number * every_ns
        directory = datetime.fromtimestamp((EPOCH_NS + later) // NS_PER_S, timezone.utc).strftime("%Y_%m_%d_%H_%M_%S")
        for (path, data), instants in zip(files, starts, strict=True):
            for instant in instants:
                data = data.replace(varint(instant), varint(instant + later))
            place = out / f"job{number:05d}" / path.parts[-5] / "plugins" / "profile" / directory
            place.mkdir(parents=True, exist_ok=True)
            (place / path.name).write_bytes(data)
            (place / "tb_contention.json").write_bytes(manifest)
    return out


def stated(data: bytes) -> list[int]:
    """Find the instants that the file states: Unix ns in the hour after the epoch of the simulation."""
    found = []
    for at in range(len(data) - 9):
        if data[at + 8] < 0x80 and all(byte >= 0x80 for byte in data[at : at + 8]):
            value = sum((byte & 0x7F) << (7 * k) for k, byte in enumerate(data[at : at + 9]))
            if 0 <= value - EPOCH_NS < HOUR_NS and value not in found:
                found.append(value)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--window-ms", type=float, default=330.0)
    parser.add_argument("--every-ms", type=float, default=3_600_000.0)
    asked = parser.parse_args()
    write_pairs(asked.out, asked.pairs, window_ms=asked.window_ms, every_ns=round(asked.every_ms * 1e6))
