"""What recorded sessions do: a step of one kind in JAX or TensorFlow, sized for a GPU or, to try the recorder, for a processor."""

import time
from collections.abc import Callable
from typing import Any

Step = Callable[[], None]

#: tiny: many kernels that fill few multiprocessors; big, chain: matrix products that fill the device; copy: copies to the device beside
#: a little computing; hostbound: short work on the device, long work on the host.
KINDS = ("tiny", "big", "chain", "copy", "hostbound")
#: Seconds that a host-bound step computes on the host.
_HOST_S = 0.004


def make_step(framework: str, kind: str, seed: int) -> Step:
    """Return a step that waits for its result, as a training loop does that logs its loss. Raises ValueError for an unknown kind."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
    return _jax_step(kind, seed) if framework == "jax" else _tensorflow_step(kind, seed)


def has_gpu(framework: str) -> bool:
    """Tell whether the framework computes on a GPU here."""
    if framework == "jax":
        import jax

        return bool(jax.default_backend() == "gpu")
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def _size(kind: str, on_gpu: bool) -> tuple[int, int]:
    """Return the side of the matrices and how many products a step has."""
    on = {"tiny": (512, 40), "big": (4096, 6), "chain": (8192, 8), "copy": (64 << 18, 1), "hostbound": (2048, 1)}
    off = {"tiny": (64, 5), "big": (256, 3), "chain": (384, 3), "copy": (1 << 18, 1), "hostbound": (128, 1)}
    return (on if on_gpu else off)[kind]


def _busy(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def _jax_step(kind: str, seed: int) -> Step:
    import jax
    import jax.numpy as jnp

    side, times = _size(kind, has_gpu("jax"))
    key = jax.random.PRNGKey(seed)
    if kind == "copy":
        host = _host_values(side, seed)
        reduce = jax.jit(lambda a: (a * 2).sum())
        return lambda: reduce(jax.device_put(host)).block_until_ready()
    exact = kind in ("tiny", "hostbound")
    x = jax.random.normal(key, (side, side), jnp.float32 if exact else jnp.bfloat16)

    @jax.jit
    def products(x: Any) -> Any:
        for i in range(times):
            x = (x @ x) * (1.0 / side)
            x = jnp.tanh(x) + i * 1e-3 if exact else x
        return x

    return _with_host_work(lambda: products(x).block_until_ready(), kind)


def _tensorflow_step(kind: str, seed: int) -> Step:
    import tensorflow as tf

    side, times = _size(kind, has_gpu("tensorflow"))
    if kind == "copy":
        host = _host_values(side, seed)
        reduce = tf.function(lambda a: tf.reduce_sum(a * 2))
        return lambda: reduce(tf.constant(host)).numpy()
    exact = kind in ("tiny", "hostbound")
    x = tf.cast(tf.random.stateless_normal([side, side], [seed, 0]), tf.float32 if exact else tf.float16)

    @tf.function
    def products(x: Any) -> Any:
        for i in range(times):
            x = tf.matmul(x, x) * (1.0 / side)
            x = tf.tanh(x) + i * 1e-3 if exact else x
        return tf.reduce_sum(tf.cast(x, tf.float32))

    return _with_host_work(lambda: products(x).numpy(), kind)


def _with_host_work(step: Callable[[], Any], kind: str) -> Step:
    def both() -> None:
        step()
        if kind == "hostbound":
            _busy(_HOST_S)

    return both


def _host_values(count: int, seed: int) -> Any:
    import numpy as np

    return np.random.default_rng(seed).standard_normal(count).astype("float32")


def annotate(framework: str, name: str, number: int) -> Any:
    """Return the framework's mark for one step."""
    if framework == "jax":
        import jax

        return jax.profiler.StepTraceAnnotation(name, step_num=number)
    import tensorflow as tf

    return tf.profiler.experimental.Trace(name, step_num=number, _r=1)
