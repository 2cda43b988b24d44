"""Read what needs no GPU library: environment variables, versions, machine, container and pod, MPS."""

import os
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from tb_contention._version import __version__
from tb_contention.capture.facts import Kubernetes, Mps, Sharing

#: Lets kernels of one process overlap while CUPTI traces them; read each time the profiler starts.
CONCURRENT = "TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL"

#: How the file /etc/hosts begins in a pod with a network of its own, and where a pod finds its namespace.
_HOSTS_OF_POD = "# Kubernetes-managed hosts file."
_NAMESPACE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
#: Where pods mount a volume of the downward API (kubernetes.io, Expose Pod Information to Containers Through Files).
_POD_INFO = "/etc/podinfo"
#: Labels of a node by NVIDIA's device plugin (its README, Catalog of Labels) and GPU feature discovery; a pod may carry copies.
_STRATEGY, _REPLICAS = "nvidia.com/gpu.sharing-strategy", "nvidia.com/gpu.replicas"
_STRATEGIES = ("time-slicing", "mps")
#: Where the device plugin mounts the pipes of the MPS daemon that it runs for a resource (its cmd/mps-control-daemon/mps/root.go).
_MPS_OF_PLUGIN = "/mps/"

#: The variables that a manifest records; no others are read.
VARIABLES = (
    "CUDA_DEVICE_MAX_CONNECTIONS",
    "CUDA_DEVICE_ORDER",
    "CUDA_LAUNCH_BLOCKING",
    "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE",
    "CUDA_MPS_CLIENT_PRIORITY",
    "CUDA_MPS_ENABLE_PER_CTX_DEVICE_MULTIPROCESSOR_PARTITIONING",
    "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT",
    "CUDA_MPS_PIPE_DIRECTORY",
    "CUDA_MPS_PROTOCOL_VERSION",
    "CUDA_MPS_SM_PARTITION",
    "CUDA_VISIBLE_DEVICES",
    "JAX_PLATFORMS",
    "NVIDIA_VISIBLE_DEVICES",
    "TF_CUDNN_DETERMINISTIC",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_FORCE_GPU_ALLOW_GROWTH",
    "TF_FORCE_UNIFIED_MEMORY",
    "TF_GPU_ALLOCATOR",
    CONCURRENT,
    "TF_GPU_THREAD_COUNT",
    "TF_GPU_THREAD_MODE",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_XLA_FLAGS",
    "XLA_CLIENT_MEM_FRACTION",
    "XLA_FLAGS",
    "XLA_PYTHON_CLIENT_ALLOCATOR",
    "XLA_PYTHON_CLIENT_MEM_FRACTION",
    "XLA_PYTHON_CLIENT_PREALLOCATE",
)
_LONGEST = 1000
_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


def variables(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the listed variables that are set, cut to 1,000 characters."""
    return {name: environ[name][:_LONGEST] for name in VARIABLES if name in environ}


def of_process(process: int) -> dict[str, str] | None:
    """Return the initial environment of another process on this machine; None if it cannot be read."""
    try:
        words = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    pairs = (word.decode("utf-8", "replace").partition("=") for word in words)
    return {name: value for name, equals, value in pairs if equals}


def let_kernels_run_at_once() -> None:
    """Ask CUPTI to keep kernels concurrent, unless the user has set the variable."""
    os.environ.setdefault(CONCURRENT, "1")


def kernel_mode(environ: Mapping[str, str] = os.environ) -> str:
    """Return the kernel mode that the variable asks for; frameworks accept 1, true, 0 and false in any case."""
    word = environ.get(CONCURRENT, "").lower()
    return {"1": "concurrent", "true": "concurrent", "0": "serialised", "false": "serialised"}.get(word, "unknown")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the imported frameworks."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in ("tensorflow", "jax", "jaxlib", "keras"):
        version = getattr(sys.modules.get(name), "__version__", None)
        if isinstance(version, str) and version:
            found[name] = version[:_LONGEST]
    return {**found, "tb_contention": __version__}


def container() -> str | None:
    """Return the id of the container this process runs in, else its host name; None outside containers."""
    text = _read("/proc/self/cgroup") + "".join(
        line for line in _read("/proc/self/mountinfo").splitlines(keepends=True) if "/containers/" in line
    )
    found = _ID.search(text)
    if found is not None:
        return found[0]
    signs = (Path("/.dockerenv").exists(), Path("/run/.containerenv").exists(), "KUBERNETES_SERVICE_HOST" in os.environ)
    return socket.gethostname() or "container" if any(signs) else None


def kubernetes(environ: Mapping[str, str] = os.environ) -> Kubernetes:
    """Return where in a cluster this container runs: what the downward API states, else what every pod has.

    Outside Kubernetes such variables mean something else. A pod on the network of its node has the node's host name.
    """
    if "KUBERNETES_SERVICE_HOST" not in environ:
        return Kubernetes()

    def told(*names: str) -> str | None:
        return next((environ[name][:_LONGEST] for name in names if environ.get(name)), None)

    def mounted(name: str) -> str:
        return _read(f"{_POD_INFO}/{name}").strip()[:_LONGEST]

    lines = _read("/etc/hosts").splitlines()
    own_name = socket.gethostname() if lines and lines[0].strip() == _HOSTS_OF_POD else ""
    return Kubernetes(
        pod=told("POD_NAME", "MY_POD_NAME", "K8S_POD_NAME", "KUBERNETES_POD_NAME")
        or mounted("name")
        or own_name
        or None,
        namespace=told("POD_NAMESPACE", "MY_POD_NAMESPACE", "K8S_NAMESPACE", "KUBERNETES_NAMESPACE")
        or mounted("namespace")
        or _read(_NAMESPACE).strip()[:_LONGEST]
        or None,
        node=told("NODE_NAME", "MY_NODE_NAME", "K8S_NODE_NAME", "KUBERNETES_NODE_NAME"),
    )


def sharing(environ: Mapping[str, str] = os.environ) -> Sharing:
    """Return how the device plugin shares the GPU: a pod knows by copies of its node's labels, and by the pipes of the plugin's MPS."""
    if "KUBERNETES_SERVICE_HOST" not in environ:
        return Sharing()
    lines = (_read(f"{_POD_INFO}/labels") + "\n" + _read(f"{_POD_INFO}/annotations")).splitlines()
    stated = {name: value.strip('"') for name, equals, value in (line.partition("=") for line in lines) if equals}
    strategy, replicas = stated.get(_STRATEGY), stated.get(_REPLICAS, "")
    if strategy not in _STRATEGIES:
        strategy = "mps" if environ.get("CUDA_MPS_PIPE_DIRECTORY", "").startswith(_MPS_OF_PLUGIN) else None
    return Sharing(
        strategy=strategy,
        replicas=int(replicas) if replicas.isascii() and replicas.isdigit() and replicas[:6] == replicas else None,
    )


def listed(directory: str) -> tuple[str, ...]:
    """Return the names in a directory; none where it cannot be read."""
    try:
        return tuple(sorted(path.name for path in Path(directory).iterdir()))
    except OSError:
        return ()


def machine(inside: str | None) -> str | None:
    """Return the host name; None inside a container, which does not know its machine's name."""
    return (socket.gethostname() or None) if inside is None else None


def boot_id() -> str | None:
    """Return the kernel's boot id, which all containers of a machine share and no other machine has."""
    return _read("/proc/sys/kernel/random/boot_id").strip() or None


def mps(environ: Mapping[str, str], *, is_client: bool | None) -> Mps:
    """Return the state of MPS. is_client: whether the driver lists this process as a client, None if unknown.

    A process finds MPS through a pipe directory. Without the directory MPS is off; with it the server may be running or gone. Version 3
    has a directory inside it for each server, and one inside that for each of its namespaces.
    """
    partition = (environ.get("CUDA_MPS_SM_PARTITION") or "")[:_LONGEST] or None
    plugin = sharing(environ).strategy
    if is_client is not None:
        state = "on" if is_client else "off"
    elif plugin is not None:  # its daemon is in another container
        state = "on" if plugin == "mps" else "off"
    elif not sys.platform.startswith("linux"):
        state = "unknown"
    else:
        place = Path(environ.get("CUDA_MPS_PIPE_DIRECTORY") or "/tmp/nvidia-mps")
        served = any(map(_serves, (place, *place.parents[:2])))
        state = ("on" if served else "unknown") if place.is_dir() else "off"
    return Mps(
        state=state,
        active_thread_percentage=_percentage(environ.get("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE")),
        pinned_memory_limit=(environ.get("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT") or "")[:_LONGEST] or None,
        sm_partition=partition,
    )


def _serves(place: Path) -> bool:
    """Return whether the daemon whose process id is in the pipe directory is alive."""
    word = _read(str(place / "nvidia-cuda-mps-control.pid")).strip()
    return word.isdigit() and "nvidia-cuda-mps" in _read(f"/proc/{word}/cmdline")


def _percentage(word: str | None) -> float | None:
    try:
        value = float(word or "")
    except ValueError:
        return None
    if not 0 < value <= 100:
        return None
    return int(value) if value == int(value) else value


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return ""
