"""What more than one test folder needs: where the inputs are, an own cache, and what may be skipped.

A test that lacks its surroundings skips and says why. Under CI nothing may skip unseen: with
TB_CONTENTION_NO_SKIP=1 a skip is a failure, except for tests that carry a marker named in
TB_CONTENTION_MAY_SKIP (comma list; `.ci/run` names there what a later stage or another machine runs).

Tests run side by side, a file in one process, those that take long first. Populations of random scenarios have a size that decides;
`--full` plays all of them, and runs what takes as long, as `.ci/run` does.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]

NO_SKIP = os.environ.get("TB_CONTENTION_NO_SKIP") == "1"
MAY_SKIP = frozenset(filter(None, os.environ.get("TB_CONTENTION_MAY_SKIP", "").split(",")))

# Tests in these folders carry the marker of the same name without saying so; in live/ some say `jax` instead.
MARKED_FOLDERS = ("browser", "live", "gpu")

# What takes longest begins first, so that no worker is left alone with it at the end: files by these markers, then by their tests.
FIRST = ("population", "browser", "live", "jax", "oracle", "slow")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full",
        action="store_true",
        help="Play populations of random scenarios in full, and run the tests that are marked so.",
    )


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Return whether populations are played in full; a test that asks carries the marker `population`."""
    return bool(request.config.getoption("full"))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Take a worker per core, but none that would have no file; what is in one file runs in this process."""
    files: set[Path] = set()
    for named in config.args:
        path = config.invocation_params.dir / named.partition("::")[0]
        files |= set(path.rglob("test_*.py")) if path.is_dir() else {path}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, len(files)) if len(files) > 1 else 0


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Compile once for all workers, before they start and each compiles the same; what fails here fails in the tests that need it."""
    subprocess.run([sys.executable, "-m", "tb_contention", "warm"], cwd=ROOT, capture_output=True, check=False)


def lacking(marker: str) -> str | None:
    """Say what this machine lacks for tests with a marker; None when it lacks nothing."""
    if marker == "live" and find_spec("tensorflow") is None:
        return "needs TensorFlow: pip install tensorflow"
    if marker == "jax" and find_spec("jax") is None:
        return "needs JAX: pip install jax"
    if marker == "oracle" and find_spec("xprof") is None:
        return "needs xprof: pip install tensorboard-plugin-profile"
    if marker == "trackers" and not (find_spec("mlflow") and find_spec("wandb")):
        return "needs MLflow and Weights & Biases: pip install mlflow-skinny wandb"
    if marker == "gpu" and not Path("/dev/nvidiactl").exists():
        return "needs an NVIDIA GPU"
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(ROOT).parts[1] if item.path.is_relative_to(ROOT / "tests") else ""
        said = any(item.get_closest_marker(marker) is not None for marker in (folder, "jax"))
        if folder in MARKED_FOLDERS and not said:
            item.add_marker(folder)
        for marker in ("live", "jax", "oracle", "trackers", "gpu"):
            reason = lacking(marker) if item.get_closest_marker(marker) else None
            if reason is not None:
                item.add_marker(pytest.mark.skip(reason=reason))
        if "full" in getattr(item, "fixturenames", ()):
            item.add_marker("population")
    if not config.getoption("full"):
        only_in_full = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=only_in_full)
        items[:] = [item for item in items if item not in set(only_in_full)]
    _longest_first(items)


def _longest_first(items: list[pytest.Item]) -> None:
    """Sort files by how long they may take, and keep the order inside them."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)

    def rank(found: list[pytest.Item]) -> tuple[int, int]:
        marked = [k for k, marker in enumerate(FIRST) if any(item.get_closest_marker(marker) for item in found)]
        return min(marked, default=len(FIRST)), -len(found)

    items[:] = [item for found in sorted(files.values(), key=rank) for item in found]


def refused(report: pytest.TestReport | pytest.CollectReport, markers: set[str]) -> str | None:
    """Say why a skip counts as a failure here; None when it may skip."""
    if not NO_SKIP or not report.skipped or hasattr(report, "wasxfail") or markers & MAY_SKIP:
        return None
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    allowed = ", ".join(sorted(MAY_SKIP)) or "nothing"
    return f"{reason}\nTB_CONTENTION_NO_SKIP=1: a skip is a failure here; allowed to skip: {allowed}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    failure = refused(report, {marker.name for marker in item.iter_markers()})
    if failure is not None:
        report.outcome = "failed"
        report.longrepr = failure
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge whole files that skip themselves, say through `pytest.importorskip`."""
    report = yield
    failure = refused(report, set(collector.path.relative_to(ROOT).parts))
    if failure is not None:
        report.outcome = "failed"
        report.longrepr = failure
    return report


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep decoded traces of the tests out of the user's cache, and out of the next test run.

    One folder for the whole run. Numba's cache is left where it is: compiling takes seconds.
    """
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TB_CONTENTION_CACHE_DIR", str(folder))
        yield folder


class _Failures(logging.Handler):
    """Collects what failed inside and was left out of a report."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))


@pytest.fixture(autouse=True)
def failures(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Fail a test in which a part of a report failed, numeric warnings included; one that injects failures has the marker `injects`."""
    handler, log = _Failures(), logging.getLogger("tb_contention.model.faults")
    log.addHandler(handler)
    yield handler.found
    log.removeHandler(handler)
    if request.node.get_closest_marker("injects") is None:
        assert not handler.found, handler.found[0]


@pytest.fixture
def bucket() -> Iterator[Any]:
    """Return fsspec's store in memory, `memory://`, empty: there is one for the whole process, and what a test leaves there others find."""
    memory = pytest.importorskip("fsspec").filesystem("memory")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]
    yield memory
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """Return the root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def demo_logs(repo_root: Path) -> Path:
    """Return the demo log directories; they are part of the checkout, so lacking them is a failure."""
    folder = repo_root / "demo_logs"
    assert folder.is_dir(), f"{folder} is missing"
    return folder


@pytest.fixture(scope="session")
def real_traces() -> Path:
    """Return the folder of recorded traces, which are too large for the checkout."""
    folder = Path(os.environ.get("TB_CONTENTION_TRACES") or ROOT.parent / "shared" / "traces")
    if not folder.is_dir():
        pytest.skip(f"needs recorded traces in {folder}; TB_CONTENTION_TRACES names another folder")
    return folder
