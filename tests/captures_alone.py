"""A pair of sessions together, and captures that may show one of them alone."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import tb_contention
from tb_contention.analysis import Options
from tb_contention.model.baseline import BaselineCapture
from tb_contention.model.contention import Evidence
from tb_contention.model.report import DeviceReport, Report
from tb_contention.simulate import Scenario, random_scenario, write_scenario
from tb_contention.simulate.workload import SessionSpec

MODEL, OTHER_MODEL = b"Simulated GPU 80 GB", b"Simulated GPU 40 GB"
Change = Callable[[SessionSpec], SessionSpec]


def scenario_of() -> Scenario:
    return random_scenario(2, "mps")


@cache
def _files(change: Change | None, seed: int) -> dict[str, bytes]:
    """Simulate the pair, together and alone, once per process: the files by their place."""
    first, *rest = scenario_of().sessions
    other = replace(scenario_of(), sessions=(first if change is None else change(first), *rest))
    with tempfile.TemporaryDirectory() as folder:
        write_scenario(other, folder, seed=seed)
        files = (path for path in sorted(Path(folder).rglob("*")) if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _put(files: dict[str, bytes], folder: Path) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def written(folder: Path, change: Change | None = None, *, place: str = "alone/session_a") -> Path:
    """Write the pair together, and beside it session_a alone as another program, GPU or clock would be recorded."""
    _put({name: data for name, data in _files(None, 1).items() if not name.startswith("alone/")}, folder)
    write_alone(folder, change, place=place)
    return folder


def write_alone(folder: Path, change: Change | None = None, *, place: str = "alone/session_a", seed: int = 1) -> None:
    """Write session_a alone, as another program, GPU or clock would be recorded. Equal seeds make copies."""
    alone = "alone/session_a/"
    files = _files(change, seed).items()
    _put({name.removeprefix(alone): data for name, data in files if name.startswith(alone)}, folder / place)


def analysed(folder: Path, baselines: dict[str, str] | None = None, *, find: bool = True) -> Report:
    return tb_contention.analyse(
        folder, cache_dir=None, options=Options(baselines=baselines or {}, find_baselines=find)
    )


def shared(report: Report) -> DeviceReport:
    return next(device for device in report.devices if len(device.sessions) > 1)


def notes(report: Report) -> list[BaselineCapture]:
    return [note for note in shared(report).cost.baselines if "session_a" in note.session]


def evidence(report: Report) -> Evidence:
    return next(x.slowdown.evidence for x in shared(report).cost.losses if "session_a" in x.session)


def scaled(spec: SessionSpec, factor: float) -> SessionSpec:
    return replace(spec, items=tuple(replace(item, mean=item.mean * factor) for item in spec.items))


def other_batch(spec: SessionSpec) -> SessionSpec:
    larger = tuple(replace(i, grid=(2 * i.grid[0], *i.grid[1:]), mean=1.9 * i.mean) for i in spec.items)
    return replace(spec, items=larger)


def twice_as_often(spec: SessionSpec) -> SessionSpec:
    return replace(spec, items=(*spec.items, *spec.items))


def other_program(spec: SessionSpec) -> SessionSpec:
    return replace(spec, items=tuple(replace(item, name=f"other_{item.name}") for item in spec.items))


def as_other_gpu(place: Path) -> None:
    """Make captures look as if another model of GPU had been recorded."""
    for file in place.rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes().replace(MODEL, OTHER_MODEL))


def at_another_time(place: Path, origin_ns: int = 1_750_000_000_000_000_000) -> None:
    """State another time in the manifests of captures: all that are simulated begin at the same one."""
    for file in place.rglob("tb_contention.json"):
        manifest = json.loads(file.read_text())
        manifest["sessions"]["*"]["clock"] = {"origin_ns": origin_ns, "error_ns": 1000}
        file.write_text(json.dumps(manifest))


def write_in_company(folder: Path) -> str:
    """Write the pair together once more, years later, and return the run of session_a there."""
    later = replace(scenario_of(), sessions=tuple(replace(s, noise=0.061) for s in scenario_of().sessions))
    write_scenario(later, folder / "later", seed=2, alone=False)
    at_another_time(folder / "later", 1_800_000_000_000_000_000)
    return "later/together/session_a"
