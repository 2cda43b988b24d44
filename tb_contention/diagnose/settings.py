"""The settings that advice names, each with what it does and where that was checked. A setting that is not here is not advised."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting as the user types it. checked: the release or documentation that has it; python: its name there, to be looked up."""

    text: str
    does: str
    checked: str
    python: str = ""

    def __str__(self) -> str:
        return self.text


_TF = "TensorFlow 2.21"
_TF_LIBRARY = "TensorFlow 2.21, named in libtensorflow_framework.so.2"
_XLA = "XLA, xla/backends/profiler/gpu/device_tracer_cuda.cc"
_JAX = "docs.jax.dev, GPU memory allocation"
_TORCH = "docs.pytorch.org, CUDA semantics"
_TORCH_BACKENDS, _TORCH_PROFILER = "docs.pytorch.org, torch.backends", "docs.pytorch.org, torch.profiler"
_MPS = "docs.nvidia.com/deploy/mps"
_SMI = "nvidia-smi --help, open-gpu-kernel-modules 595, NVIDIA DRA driver"
_NCCL = "docs.nvidia.com/deeplearning/nccl, environment variables"

MPS = Setting(
    text="nvidia-cuda-mps-control -d",
    does="starts the MPS daemon: kernels of several processes run at once",
    checked=_MPS,
)
MPS_SHARE = Setting(
    text="CUDA_MPS_ACTIVE_THREAD_PERCENTAGE",
    does="caps the share of the multiprocessors that an MPS client may use",
    checked=_MPS,
)
MPS_PRIORITY = Setting(text="CUDA_MPS_CLIENT_PRIORITY", does="orders the clients of one MPS server", checked=_MPS)
EXCLUSIVE = Setting(text="nvidia-smi -c EXCLUSIVE_PROCESS", does="lets only the MPS server open the GPU", checked=_MPS)
SHORT_SLICE = Setting(
    text="nvidia-smi compute-policy --set-timeslice=1",
    does="asks for short time slices (root, until reboot)",
    checked=_SMI,
)
LONG_SLICE = Setting(
    text="nvidia-smi compute-policy --set-timeslice=3",
    does="asks for long time slices (root, until reboot)",
    checked=_SMI,
)
LOCK_CLOCKS = Setting(
    text="nvidia-smi -lgc", does="locks the clock of the multiprocessors", checked="nvidia-smi --help"
)
GROWTH = Setting(
    text="tf.config.experimental.set_memory_growth", does="maps memory as it is needed", checked=_TF,
    python="config.experimental.set_memory_growth",
)  # fmt: skip
LIMIT = Setting(
    text="tf.config.set_logical_device_configuration(gpu, [tf.config.LogicalDeviceConfiguration(memory_limit=MiB)])",
    does="limits what TensorFlow's allocator may take", checked=_TF, python="config.LogicalDeviceConfiguration",
)  # fmt: skip
LOGICAL_DEVICES = Setting(
    text="tf.config.set_logical_device_configuration", does="makes several logical devices of a GPU, each with its own streams",
    checked=_TF, python="config.set_logical_device_configuration",
)  # fmt: skip
ASYNC_ALLOCATOR = Setting(
    text="TF_GPU_ALLOCATOR=cuda_malloc_async", does="lets the CUDA driver's pool allocate", checked=_TF_LIBRARY
)
NO_AUTOTUNE = Setting(
    text="TF_CUDNN_USE_AUTOTUNE=0", does="takes cuDNN's first choice of algorithm", checked=_TF_LIBRARY
)
CONCURRENT_TRACE = Setting(
    text="TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL=1", does="lets kernels run at once while they are traced", checked=_XLA
)
PREFETCH = Setting(
    text="dataset.prefetch(tf.data.AUTOTUNE)", does="prepares batches ahead", checked=_TF, python="data.AUTOTUNE"
)
PRIVATE_THREADS = Setting(
    text="tf.data.Options().threading.private_threadpool_size", does="gives an input pipeline threads of its own", checked=_TF,
    python="data.Options",
)  # fmt: skip
PREFETCH_TO_DEVICE = Setting(
    text="tf.data.experimental.prefetch_to_device", does="copies batches to the GPU ahead", checked=_TF,
    python="data.experimental.prefetch_to_device",
)  # fmt: skip
JIT = Setting(
    text="tf.function(jit_compile=True)",
    does="compiles a step into fewer, larger kernels",
    checked=_TF,
    python="function",
)
STEPS_PER_EXECUTION = Setting(
    text="compile(steps_per_execution=...)", does="runs several steps of Model.fit per call", checked="Keras 3.15"
)
JAX_FRACTION = Setting(
    text="XLA_CLIENT_MEM_FRACTION=.XX", does="limits what JAX's allocator takes, of the whole GPU", checked=_JAX
)
JAX_GROWTH = Setting(text="XLA_PYTHON_CLIENT_PREALLOCATE=false", does="lets JAX allocate as it needs", checked=_JAX)
TORCH_SEGMENTS = Setting(
    text="PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True", does="lets PyTorch's allocator grow what it holds instead of splitting it",
    checked=_TORCH,
)  # fmt: skip
TORCH_FRACTION = Setting(
    text="torch.cuda.set_per_process_memory_fraction(.XX)",
    does="limits what PyTorch's allocator takes, of the whole GPU",
    checked=_TORCH,
)
TORCH_BENCHMARK = Setting(
    text="torch.backends.cudnn.benchmark = False",
    does="takes cuDNN's first choice of algorithm",
    checked=_TORCH_BACKENDS,
)
TORCH_COMPILE = Setting(
    text='torch.compile(model, mode="reduce-overhead")', does="compiles a step into fewer kernels and a CUDA graph",
    checked="docs.pytorch.org, torch.compile",
)  # fmt: skip
TORCH_LOADER = Setting(
    text="DataLoader(num_workers=N, prefetch_factor=M, pin_memory=True)", does="prepares batches ahead in processes of their own",
    checked="docs.pytorch.org, torch.utils.data",
)  # fmt: skip
TORCH_PINNED = Setting(
    text="pin_memory=True and tensor.to(device, non_blocking=True)",
    does="copies batches to the GPU while kernels run",
    checked=_TORCH,
)
TORCH_MEMORY = Setting(
    text="torch.profiler.profile(profile_memory=True)", does="records what the allocator does", checked=_TORCH_PROFILER
)
TORCH_STEP = Setting(
    text="Call step() of torch.profiler.profile after each step, or wrap the loop's body in torch.profiler.record_function('train_step')",
    does="marks steps", checked=_TORCH_PROFILER,
)  # fmt: skip
TORCH_STREAM = Setting(text="torch.cuda.Stream", does="makes a stream that work is launched into", checked=_TORCH)
TORCH_THREADS = Setting(
    text="torch.set_num_threads", does="limits the threads of PyTorch's operations",
    checked="docs.pytorch.org, CPU threading",
)  # fmt: skip
NSYS_MEMORY = Setting(
    text="--cuda-memory-usage=true", does="records what the driver allocates", checked="Nsight Systems User Guide, CLI"
)
INTRA_OP = Setting(
    text="tf.config.threading.set_intra_op_parallelism_threads", does="limits the threads of TensorFlow's operations",
    checked=_TF, python="config.threading.set_intra_op_parallelism_threads",
)  # fmt: skip
OMP_THREADS = Setting(
    text="OMP_NUM_THREADS", does="limits the threads of OpenMP, which PyTorch and numpy use", checked="OpenMP 5.2, 21.2"
)
NCCL_CHANNELS = Setting(text="NCCL_MAX_NCHANNELS", does="limits the blocks that a collective takes", checked=_NCCL)
BUS_ORDER = Setting(
    text="CUDA_DEVICE_ORDER=PCI_BUS_ID", does="numbers GPUs by their place on the bus", checked="CUDA programming guide"
)

SETTINGS: tuple[Setting, ...] = (
    MPS, MPS_SHARE, MPS_PRIORITY, EXCLUSIVE, SHORT_SLICE, LONG_SLICE, LOCK_CLOCKS, GROWTH, LIMIT, LOGICAL_DEVICES, ASYNC_ALLOCATOR,
    NO_AUTOTUNE, CONCURRENT_TRACE, PREFETCH, PRIVATE_THREADS, PREFETCH_TO_DEVICE, JIT, STEPS_PER_EXECUTION, JAX_FRACTION, JAX_GROWTH,
    TORCH_SEGMENTS, TORCH_FRACTION, TORCH_BENCHMARK, TORCH_COMPILE, TORCH_LOADER, TORCH_PINNED, TORCH_MEMORY, TORCH_STEP, TORCH_STREAM,
    TORCH_THREADS, NSYS_MEMORY,
    INTRA_OP, OMP_THREADS, NCCL_CHANNELS, BUS_ORDER,
)  # fmt: skip
