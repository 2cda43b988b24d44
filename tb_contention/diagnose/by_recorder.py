"""Advice in the words of the recorder: users of PyTorch read no settings of TensorFlow.

XSpace files come from TensorFlow and JAX, whose settings stand beside each other. Nsight Systems records any program, so that its advice
names no framework.
"""

from collections.abc import Iterable
from typing import NamedTuple

from tb_contention.diagnose.scene import Scene
from tb_contention.diagnose.settings import (
    ASYNC_ALLOCATOR,
    CONCURRENT_TRACE,
    GROWTH,
    INTRA_OP,
    JAX_FRACTION,
    JAX_GROWTH,
    JIT,
    LIMIT,
    LOGICAL_DEVICES,
    NO_AUTOTUNE,
    NSYS_MEMORY,
    OMP_THREADS,
    PREFETCH,
    PREFETCH_TO_DEVICE,
    PRIVATE_THREADS,
    STEPS_PER_EXECUTION,
    TORCH_BENCHMARK,
    TORCH_COMPILE,
    TORCH_FRACTION,
    TORCH_LOADER,
    TORCH_MEMORY,
    TORCH_PINNED,
    TORCH_SEGMENTS,
    TORCH_STEP,
    TORCH_STREAM,
    TORCH_THREADS,
)
from tb_contention.model.trace import Era
from tb_contention.units import SessionId


class Way(NamedTuple):
    """One piece of advice as each recorder's users do it."""

    tensorflow: str
    torch: str
    nsight: str


_BLOCKING = "Unset CUDA_LAUNCH_BLOCKING, and look for what makes one stream wait for another; the recorder itself lets kernels run at once."
LIMITS = Way(
    f"TensorFlow: {LIMIT}; JAX: {JAX_FRACTION}",
    f"PyTorch: {TORCH_FRACTION}",
    "the memory limit of the framework's allocator",
)
BEFORE = Way(
    "before the import (XLA_PYTHON_CLIENT_MEM_FRACTION in older releases)",
    "before the first allocation",
    "at the program's start",
)
LET_GROW = Way(f"{GROWTH}, {JAX_GROWTH}", "PyTorch does so by default", "an allocator that takes what it needs")
TAKES = Way(
    "By default TensorFlow maps nearly all of the GPU's free memory at its start, and JAX three quarters of all memory.",
    "PyTorch's allocator keeps what it once took.",
    "An allocator may hold more than it needs.",
)
IN_PIECES = Way(str(ASYNC_ALLOCATOR), str(TORCH_SEGMENTS), "an allocator with one pool that grows")
FROM_START = Way(
    f"Let the allocator take its memory at the start: no allow_growth, or a fixed fraction. {ASYNC_ALLOCATOR} keeps a pool.",
    f"{TORCH_SEGMENTS}, no torch.cuda.empty_cache() in the loop, and shapes that stay the same.",
    "Take memory once, at the start, or from a pool (cudaMallocAsync).",
)
ONCE_TUNED = Way(
    f"keep compiled programs (jax_compilation_cache_dir). {NO_AUTOTUNE} avoids tuning beside other sessions, at the price of cuDNN's "
    "default choice.",
    f"keep compiled programs (TORCHINDUCTOR_CACHE_DIR). {TORCH_BENCHMARK} avoids tuning beside other sessions, at the price of cuDNN's "
    "default choice.",
    "keep what is compiled and tuned for the next start.",
)
AT_ONCE = Way(f"Record again with {CONCURRENT_TRACE} in the environment.", _BLOCKING, _BLOCKING)
SERIAL_TRACER = Way(
    "or the tracer serialises them, as CUPTI does unless it is set to trace concurrent kernels. The file does not say which.",
    "or CUDA_LAUNCH_BLOCKING serialises them. The file does not say which.",
    "or CUDA_LAUNCH_BLOCKING serialises them. The file does not say which.",
)
OWN_THREADS = Way(str(PRIVATE_THREADS), str(TORCH_THREADS), str(OMP_THREADS))
FEW_THREADS = Way(f"{OMP_THREADS}, {INTRA_OP}, {PRIVATE_THREADS}", f"{OMP_THREADS}, {TORCH_THREADS}", str(OMP_THREADS))
INPUT = Way(
    f"{PREFETCH} at the end of the pipeline, {PRIVATE_THREADS}, cached or stored batches",
    f"{TORCH_LOADER}, cached or stored batches",
    "batches that are prepared ahead by threads or processes of their own, cached or stored batches",
)
INPUT_SIGN = Way("IteratorGetNext (tf.data)", "DataLoader (PyTorch)", "the next batch")
SEVERAL_STEPS = Way(str(STEPS_PER_EXECUTION), str(TORCH_COMPILE), "CUDA graphs")
LARGER_STEPS = Way(f"{JIT}, {STEPS_PER_EXECUTION}, CUDA graphs", str(TORCH_COMPILE), "fused kernels, CUDA graphs")
COPY_AHEAD = Way(f"{PREFETCH_TO_DEVICE}, pinned memory", str(TORCH_PINNED), "pinned memory, a stream for copies")
MARK_STEPS = Way(
    "Wrap the loop's body in tf.profiler.experimental.Trace('train', step_num=i, _r=1) or "
    "jax.profiler.StepTraceAnnotation('train', step_num=i), or capture longer.",
    f"{TORCH_STEP}, or capture longer.",
    "Wrap the loop's body in an NVTX range named 'step N', record with --trace=cuda,nvtx, or capture longer.",
)
NO_MEMORY = Way(
    "the allocator emits no events (TF_GPU_ALLOCATOR=cuda_malloc_async, XLA_PYTHON_CLIENT_ALLOCATOR=platform)",
    "memory was not recorded (profile_memory=False, the default)",
    "memory was not recorded",
)
SHOW_MEMORY = Way(
    "with the default BFC allocator and host tracer level 2",
    f"with {TORCH_MEMORY}",
    f"with {NSYS_MEMORY}",
)
ONE_QUEUE = Way(
    "A TensorFlow process has one compute stream per (logical) GPU, and every session in it launches into that stream.",
    "A PyTorch process launches into one current stream unless told otherwise.",
    "A process launches into its default stream unless told otherwise.",
)
OWN_QUEUE = Way(
    f"its own logical device: {LOGICAL_DEVICES} with two devices, and tf.device around each model",
    f"its own stream ({TORCH_STREAM})",
    "its own stream",
)
LEAK = Way(
    "Look for tensors that a Python list keeps, and for a tf.function that is retraced with new shapes.",
    "Look for tensors that a Python list keeps, such as losses with their graph (use .item() or .detach()).",
    "Look for buffers that are kept from step to step.",
)
_FIELD = {Era.KINETO: "torch", Era.NSIGHT: "nsight"}


def told(scene: Scene, way: Way, sessions: Iterable[SessionId] | None = None) -> str:
    """Return advice for some sessions, or for all of the device, in the words of their recorders; each wording once."""
    chosen = scene.device.sessions if sessions is None else sessions
    eras = dict.fromkeys(scene.aligned.session(session).trace.era for session in chosen)
    said = dict.fromkeys(_FIELD.get(era, "tensorflow") for era in eras)
    words = list(dict.fromkeys(getattr(way, name) for name in said)) or [way.nsight]
    return " ".join(words) if words[0].endswith(".") else "; ".join(words)


def is_told(scene: Scene, sessions: Iterable[SessionId] | None = None) -> bool:
    """Return whether TensorFlow's or JAX's settings apply to one of some sessions."""
    chosen = scene.device.sessions if sessions is None else sessions
    return any(scene.aligned.session(session).trace.era not in _FIELD for session in chosen)
