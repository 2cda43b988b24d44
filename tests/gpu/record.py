"""Record real pairs of sessions on one device, each alone and together, with the truth: `python tests/gpu/record.py OUT`.

For each pair two processes (or two threads of one, pairs that end in `:threads`) run the same steps alone and together in turn, with the
profiler off, several times over: these periods are the truth. Then once alone and once together with the profiler on: the traces.

    OUT/<device>/environment.json
    OUT/<device>/<pair>/truth.json
    OUT/<device>/<pair>/{alone,together}/<session>/plugins/profile/<time>/{<host>.xplane.pb, tb_contention.json}

Needs JAX or TensorFlow; takes about a minute per pair on a GPU. No setting of the GPU is changed; `--mps` starts a server of its own.
`python tests/gpu/compare.py OUT` prints how far the analysis is from the truth.
"""

import argparse
import importlib.util
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAIRS = ("tiny+tiny", "big+big", "tiny+big", "copy+big", "hostbound+big", "tiny+big:threads", "chain+chain")
WORKER = Path(__file__).with_name("worker.py")
#: Each process may take this part of the GPU's memory; a process of two threads twice that.
_SHARE = 0.35
_SMI = (
    "name,uuid,pci.bus_id,driver_version,memory.total,compute_mode,mig.mode.current,persistence_mode,clocks.sm,clocks.max.sm,"
    "temperature.gpu,power.draw,power.limit"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two kinds of work, in two processes or in two threads of one."""

    kinds: tuple[str, str]
    threads: bool = False

    @classmethod
    def parse(cls, word: str) -> "Pair":
        """Read `tiny+big` or `tiny+big:threads`."""
        kinds, _, mode = word.partition(":")
        first, plus, second = kinds.partition("+")
        if not plus or not second or mode not in ("", "threads"):
            raise argparse.ArgumentTypeError(f"{word!r} is not KIND+KIND or KIND+KIND:threads")
        return cls(kinds=(first, second), threads=mode == "threads")

    @property
    def name(self) -> str:
        """Return the name of its folder."""
        return "_".join(self.kinds) + ("_threads" if self.threads else "")

    @property
    def sessions(self) -> tuple[str, str]:
        """Return the names of its sessions."""
        return f"{self.kinds[0]}_a", f"{self.kinds[1]}_b"


@dataclass(slots=True)
class Worker:
    """A process with one session, or with two threads."""

    process: subprocess.Popen[str]
    names: tuple[str, ...]
    ready: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def start(cls, framework: str, names: tuple[str, ...], kinds: tuple[str, ...]) -> "Worker":
        """Start it; `ready` is filled once it has prepared its steps."""
        share = str(_SHARE * len(names))
        environment = {
            **os.environ, "XLA_CLIENT_MEM_FRACTION": share, "XLA_PYTHON_CLIENT_MEM_FRACTION": share,
            "TF_FORCE_GPU_ALLOW_GROWTH": "true", "TF_CPP_MIN_LOG_LEVEL": "2",
        }  # fmt: skip
        command = [sys.executable, str(WORKER), framework, "+".join(names), "+".join(kinds)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        return cls(process=process, names=names)

    def tell(self, command: dict[str, Any]) -> None:
        """Send a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the answer; libraries may print lines of their own before it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        raise RuntimeError(f"the process of {' and '.join(self.names)} ended with code {self.process.wait()}")

    def end(self) -> None:
        """Let it end; kill it where it does not."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long to run: seconds per round with the profiler off and on, how many rounds with it off; whether switches are recorded too."""

    off: float
    on: float
    rounds: int
    switches: bool = False


def record_pair(pair: Pair, framework: str, out: Path, times: Times) -> dict[str, Any]:
    """Record a pair into `out/<device>/<pair>`; returns its truth."""
    a, b = pair.sessions
    if pair.threads:
        workers = [Worker.start(framework, (a, b), pair.kinds)]
    else:
        workers = [Worker.start(framework, (name,), (kind,)) for name, kind in zip((a, b), pair.kinds, strict=True)]
    try:
        for worker in workers:
            worker.ready = worker.answer()
        folder = out / device_name(on_gpu=all(w.ready["gpu"] for w in workers)) / pair.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        truth = _rounds(pair, workers, folder, times)
    finally:
        for worker in workers:
            worker.end()
    truth = {"pair": pair.name, "mode": "threads" if pair.threads else "processes", "framework": framework} | truth
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    for twin in folder.rglob("*.json.gz"):  # the same events again, of no use here
        twin.unlink()
    _state_environment(folder.parent)
    return truth


def _rounds(pair: Pair, workers: list[Worker], folder: Path, times: Times) -> dict[str, Any]:
    a, b = pair.sessions
    phases = {"alone_a": (a,), "alone_b": (b,), "together": (a, b)}
    off: dict[str, dict[str, list[float]]] = {phase: {} for phase in phases}
    for _ in range(times.rounds):  # interleaved, so that a clock that falls does not favour a phase
        for phase, names in phases.items():
            for name, steps in _run(workers, names, times.off, None).items():
                off[phase].setdefault(name, []).append(period(steps))
    on: dict[str, dict[str, float]] = {}
    for phase, names in phases.items():
        is_together = len(names) > 1
        logdir = folder / ("together" if is_together else "alone")
        with switches_into(folder / "context_switches.json", wanted=times.switches and is_together):
            on[phase] = {name: period(steps) for name, steps in _run(workers, names, times.on, logdir).items()}
    alone = {a: "alone_a", b: "alone_b"}
    return {
        "processes": {name: worker.ready["ready"] for worker in workers for name in worker.names},
        "periods_off_s": off,
        "periods_on_s": on,
        "slowdown": {name: _ratio(off["together"][name], off[alone[name]][name]) for name in (a, b)},
        "slowdown_profiled": {name: on["together"][name] / on[alone[name]][name] for name in (a, b)},
    }


def _run(
    workers: list[Worker], names: tuple[str, ...], seconds: float, logdir: Path | None
) -> dict[str, list[list[float]]]:
    """Run sessions at the same moment; -> begin and end of their steps."""
    used = [worker for worker in workers if set(worker.names) & set(names)]
    start = time.time() + (1.0 if logdir else 0.3)
    for worker in used:
        own = [name for name in worker.names if name in names]
        where = None if logdir is None else str(logdir)
        worker.tell({"start": start, "seconds": seconds, "sessions": own, "logdir": where})
    return {name: steps for worker in used for name, steps in worker.answer()["steps"].items()}


def period(steps: list[list[float]]) -> float:
    """Return the mean step period: from the end of one step to the end of the next, the first two left out."""
    ends = [end for _, end in steps][2:]
    if len(ends) < 2:
        raise RuntimeError(f"{len(steps)} steps are too few; record for longer")
    return (ends[-1] - ends[0]) / (len(ends) - 1)


def _ratio(together: list[float], alone: list[float]) -> dict[str, float]:
    """Return the slowdown of the mean periods, and how far single rounds lie apart."""
    each = [t / a for t, a in zip(together, alone, strict=True)]
    return {"mean": statistics.fmean(together) / statistics.fmean(alone), "low": min(each), "high": max(each)}


def device_name(*, on_gpu: bool) -> str:
    """Return the folder's name for the GPU's model, or `cpu`: what is a processor is called one."""
    if not on_gpu:
        return "cpu"
    model = _output(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]).splitlines()
    return re.sub(r"[^a-z0-9]+", "-", model[0].lower()).strip("-") if model else "gpu"


def _state_environment(folder: Path) -> None:
    path = folder / "environment.json"
    names = ("jax", "nvidia", "tensor", "xprof", "numpy", "numba")
    packages = _output([sys.executable, "-m", "pip", "list", "--format=freeze"]).splitlines()
    stated = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": sys.version,
        "gpu": _output(["nvidia-smi", f"--query-gpu={_SMI}", "--format=csv"]),
        "mps": _output(["pgrep", "-a", "nvidia-cuda-mps"]) or "none",
        "packages": [line for line in packages if line.lower().startswith(names)],
        "variables": {k: v for k, v in os.environ.items() if k.startswith(("CUDA_", "XLA_", "TF_GPU", "JAX_"))},
    }
    path.write_text(json.dumps(stated, indent=1) + "\n")


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


@contextmanager
def switches_into(path: Path, *, wanted: bool) -> Iterator[None]:
    """Record context switches meanwhile, in a process beside the workers; what is missing for that is written instead."""
    if not wanted:
        yield
        return
    words = [sys.executable, str(WORKER.with_name("switches.py")), str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as beside:
        assert beside.stdout is not None
        beside.stdout.readline()
        yield


@contextmanager
def own_mps(*, wanted: bool) -> Iterator[None]:
    """Run an MPS server of our own, beside any other, and end it."""
    if not wanted:
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(CUDA_MPS_PIPE_DIRECTORY=folder, CUDA_MPS_LOG_DIRECTORY=folder)
        subprocess.run(["nvidia-cuda-mps-control", "-d"], check=True)
        try:
            yield
        finally:
            subprocess.run(["nvidia-cuda-mps-control"], input="quit\n", text=True, check=False)
            for name in ("CUDA_MPS_PIPE_DIRECTORY", "CUDA_MPS_LOG_DIRECTORY"):
                os.environ.pop(name, None)


def main() -> int:
    """Record all pairs; one that fails does not take the others with it."""
    arguments = _arguments()
    failed = 0
    with own_mps(wanted=arguments.mps):
        for framework in arguments.framework or _installed():
            for pair in arguments.pair or map(Pair.parse, PAIRS):
                out = arguments.out / "_".join(filter(None, (framework, "mps" if arguments.mps else "")))
                times = Times(
                    off=arguments.seconds,
                    on=arguments.profile_seconds,
                    rounds=arguments.rounds,
                    switches=arguments.switches,
                )
                try:
                    truth = record_pair(pair, framework, out, times)
                except (OSError, RuntimeError) as error:
                    failed += 1
                    print(f"{framework} {pair.name}: failed: {error}", flush=True)
                    continue
                words = ", ".join(
                    f"{name} {s['mean']:.2f} ({s['low']:.2f} to {s['high']:.2f})"
                    for name, s in truth["slowdown"].items()
                )
                print(f"{framework} {pair.name}: slowdown {words}", flush=True)
    return 1 if failed else 0


def _installed() -> list[str]:
    found = [name for name in ("jax", "tensorflow") if importlib.util.find_spec(name)]
    if not found:
        raise SystemExit("neither JAX nor TensorFlow is installed")
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--pair", type=Pair.parse, action="append", help=f"default: {', '.join(PAIRS)}")
    parser.add_argument(
        "--framework", choices=("jax", "tensorflow"), action="append", help="default: all that are installed"
    )
    parser.add_argument("--seconds", type=float, default=1.5, help="per round with the profiler off")
    parser.add_argument("--rounds", type=int, default=3, help="with the profiler off, alone and together in turn")
    parser.add_argument("--profile-seconds", type=float, default=0.4, help="with the profiler on")
    parser.add_argument("--switches", action="store_true", help="record context switches too, with cupti-python")
    parser.add_argument("--mps", action="store_true", help="under an MPS server of its own")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
