"""Programs and helpers that the tests of recording share."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import tb_contention

ROOT = Path(tb_contention.__file__).parents[1]

TENSORFLOW = """
import sys, time
import tensorflow as tf
x = tf.random.normal([128, 128])
work = tf.function(lambda x: tf.reduce_sum(tf.matmul(x, x)))
work(x)
end = time.time() + float(sys.argv[1])
step = 0
while time.time() < end:
    with tf.profiler.experimental.Trace("train", step_num=step, _r=1):
        work(x).numpy()
    step += 1
print("finished", flush=True)
"""

JAX = """
import sys, time
import jax
import jax.numpy as jnp
work = jax.jit(lambda x: (x @ x).sum())
x = jnp.ones((128, 128))
work(x).block_until_ready()
end = time.time() + float(sys.argv[1])
step = 0
while time.time() < end:
    with jax.profiler.StepTraceAnnotation("train", step_num=step):
        work(x).block_until_ready()
    step += 1
print("finished", flush=True)
"""


def environment() -> dict[str, str]:
    """Return the environment in which a child finds this package, quiet and on the CPU."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "2", "JAX_PLATFORMS": "cpu"}


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `tb-contention run` to its end."""
    return subprocess.run(line(*words), cwd=cwd, env=environment(), capture_output=True, text=True, timeout=300)


def line(*words: str) -> list[str]:
    """Return the command line of `tb-contention run`."""
    return [
        sys.executable,
        "-c",
        "import sys; from tb_contention.cli.main import main; sys.exit(main())",
        "run",
        *words,
    ]


def program(folder: Path, name: str, text: str) -> str:
    """Write a program and return its path."""
    (folder / name).write_text(text)
    return str(folder / name)


def manifests(logs: Path) -> dict[str, Any]:
    """Return the one entry of each manifest below a folder, by the log directory that it lies in."""
    found = {}
    for path in sorted(logs.glob("**/tb_contention.json")):
        (entry,) = json.loads(path.read_bytes())["sessions"].values()
        found[path.relative_to(logs).as_posix().partition("/plugins/")[0]] = entry
    return found


def recorded(logs: Path) -> list[str]:
    """Return the log directories below a folder that hold a trace."""
    return sorted({p.relative_to(logs).as_posix().partition("/plugins/")[0] for p in logs.glob("**/*.xplane.pb")})
