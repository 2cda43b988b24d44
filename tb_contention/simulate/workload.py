"""What a simulated session computes: a training or evaluation step as device work and buffers, and its durations by seed."""

from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from tb_contention.simulate.engine import Program, StepProgram, Traits, Unit
from tb_contention.simulate.sharing import Demand

_GIB = 1 << 30
_MIB = 1 << 20


class ItemKind(str, Enum):
    """What the device does for an item."""

    KERNEL = "kernel"
    TO_DEVICE = "MemcpyH2D"
    TO_HOST = "MemcpyD2H"


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffer:
    """A device buffer of a step; region as TensorFlow names it: output, temp."""

    key: str
    size: int
    shape: str
    region: str = "output"
    data_type: int = 14  # DT_BFLOAT16


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One piece of device work. mean: us alone; gives, frees: buffers allocated and released when the host launches it.

    spin: it ends after its time, running or not. sm, bandwidth: demand, 0..1. graph: items of equal numbers >= 0 in a row are one launch.
    """

    name: str
    op: str
    mean: float
    kind: ItemKind = ItemKind.KERNEL
    grid: tuple[int, int, int] = (1, 1, 1)
    block: tuple[int, int, int] = (256, 1, 1)
    registers: int = 64
    shared: int = 0
    copied: int = 0
    gives: tuple[Buffer, ...] = ()
    frees: tuple[str, ...] = ()
    spin: bool = False
    sm: float = 1.0
    bandwidth: float = 0.0
    graph: int = -1


class Era(str, Enum):
    """Which release wrote the file."""

    TF_2_20 = "tf_2_20"  # Task Environment
    TF_2_14 = "tf_2_14"  # raw planes, no Task Environment; wall clock only in tf.data element ids
    TF_2_6 = "tf_2_6"  # the same with derived lines and group ids
    JAX = "jax"  # Task Environment, XLA module names on kernels, process_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """What the profiler gets wrong.

    offset: ns by which the clock that it states is late; drift: ns per ms by which its times run fast. lost_kernels, lost_launches:
    share of the events that it drops. cut: it keeps device events up to this part of the window. dated: an old file holds a time of day.
    collection: ns from the end of the window until the file is written.
    """

    era: Era = Era.TF_2_20
    offset: float = 0.0
    drift: float = 0.0
    lost_kernels: float = 0.0
    lost_launches: float = 0.0
    cut: float = 1.0
    dated: bool = True
    collection: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSpec:
    """One simulated session; those of one `process` ("" = a process of its own) are recorded in one file.

    start: ms before its first step. window: capture from, to in ms. pause: mean ms of the host between steps; after every `burst` steps
    (0 = never) it pauses `long_pause` ms. launch_cost: us of the host per item. tail: ns by which a kernel's record ends before the
    device is free for the next. weights: bytes held since before the capture; limit: of its allocator. sync_every: steps after which the
    host waits for the device, 0 = never. warm_up: number of longer steps at the start, and the factor. copies_compete: copies share the
    device like kernels, instead of using copy engines. stream: id of the compute stream. cap: share of the multiprocessors.
    """

    name: str
    items: tuple[Item, ...]
    steps: int
    step_name: str = "train"
    start: float = 0.0
    window: tuple[float, float] = (0.0, 1000.0)
    pause: float = 5.0
    burst: int = 0
    long_pause: float = 0.0
    noise: float = 0.06
    launch_cost: float = 6.0
    queue_depth: int = 24
    tail: float = 0.0
    weights: int = 0
    limit: int = 32 * _GIB
    process_id: int = 1000
    process: str = ""
    stream: int = 20
    sync_every: int = 1
    warm_up: tuple[int, float] = (0, 1.0)
    copies_compete: bool = True
    cap: float = 1.0
    recorder: Recorder = field(default_factory=Recorder)


def program_of(spec: SessionSpec, seed: int) -> Program:
    """Draw the durations of a session: log-normal around each item's mean; equal for equal seeds, alone or shared."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, *spec.name.encode()]))
    means = np.array([item.mean for item in spec.items]) * 1000.0
    sigma = spec.noise
    noise = (
        rng.lognormal(-sigma * sigma / 2, sigma, (spec.steps, len(means)))
        if sigma
        else np.ones((spec.steps, len(means)))
    )
    pauses = spec.pause * 1e6 * (rng.lognormal(0.0, 2 * sigma, spec.steps) if sigma else np.ones(spec.steps))
    if spec.burst:
        pauses[spec.burst :: spec.burst] += spec.long_pause * 1e6
    pauses[0] = 0.0
    longer = np.where(np.arange(spec.steps) < spec.warm_up[0], spec.warm_up[1], 1.0)
    steps = tuple(
        StepProgram(pause=float(pause), work=tuple((means * row * more).round().tolist()))
        for pause, row, more in zip(pauses, noise, longer, strict=True)
    )
    return Program(
        start=spec.start * 1e6,
        steps=steps,
        launch_cost=spec.launch_cost * 1000.0,
        queue_depth=spec.queue_depth,
        sync_every=spec.sync_every,
        traits=_traits(spec),
    )


_UNITS = {ItemKind.KERNEL: Unit.COMPUTE, ItemKind.TO_DEVICE: Unit.COPY_IN, ItemKind.TO_HOST: Unit.COPY_OUT}


def _traits(spec: SessionSpec) -> Traits:
    items = spec.items
    return Traits(
        unit=() if spec.copies_compete else tuple(_UNITS[item.kind] for item in items),
        spin=tuple(item.spin for item in items),
        graph=tuple(item.graph for item in items),
    )


def demand_of(spec: SessionSpec) -> Demand:
    """Return what its kernels ask for, for sharing by demand."""
    return Demand(
        sm=tuple(item.sm for item in spec.items), bandwidth=tuple(item.bandwidth for item in spec.items), cap=spec.cap
    )


def _gemm(
    op: str, mean: float, tile: str, grid: int, *, gives: tuple[Buffer, ...] = (), frees: tuple[str, ...] = ()
) -> Item:
    name = f"sm90_xmma_gemm_bf16bf16_bf16f32_f32_tn_n_tilesize{tile}_warpgroupsize1x1x1_execute_segment_k_off_kernel__5x_cublas"
    return Item(
        name=name,
        op=op,
        mean=mean,
        grid=(grid, 1, 1),
        block=(384, 1, 1),
        registers=168,
        shared=213_248,
        gives=gives,
        frees=frees,
    )


def _fusion(name: str, op: str, mean: float, grid: int, *, frees: tuple[str, ...] = ()) -> Item:
    return Item(name=name, op=op, mean=mean, grid=(grid, 1, 1), registers=32, frees=frees)


_ATTENTION = (
    "void cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm_relu_bf16_256x128_32x3_tn_align8>"
    "(cutlass_80_tensorop_bf16_s16816gemm_relu_bf16_256x128_32x3_tn_align8::Params)"
)


def _attention(op: str, mean: float, grid: int) -> Item:
    return Item(name=_ATTENTION, op=op, mean=mean, grid=(grid, 2, 1), registers=238, shared=98_304)


def _layer(k: int, rows: int, scale: float, *, keep: bool) -> list[Item]:
    """Forward pass of one transformer layer; with keep, its activations stay until the backward pass."""
    act = Buffer(key=f"act{k}", size=rows * 3 * _MIB, shape=f"[{rows},512,3072]")
    mlp = Buffer(key=f"mlp{k}", size=rows * 4 * _MIB, shape=f"[{rows},512,4096]")
    work = Buffer(key=f"tmp{k}", size=192 * _MIB, shape="[100663296]", region="temp")
    scope = f"model/layer_{k}"
    return [
        _fusion("input_reduce_fusion", f"{scope}/layer_norm/Mean:Mean", 46 * scale, rows * 16),
        _gemm(f"{scope}/attention/qkv/MatMul:MatMul", 230 * scale, "128x256x64", rows * 12, gives=(act, work)),
        _attention(f"{scope}/attention/scores/einsum:Einsum", 150 * scale, rows * 4),
        _fusion(
            "softmax_warp_forward_bf16", f"{scope}/attention/Softmax:Softmax", 60 * scale, rows * 32, frees=(f"tmp{k}",)
        ),
        _gemm(f"{scope}/mlp/up/MatMul:MatMul", 310 * scale, "128x256x64", rows * 16, gives=(mlp,)),
        _fusion("loop_gelu_multiply_fusion", f"{scope}/mlp/Gelu:Gelu", 70 * scale, rows * 64),
        _gemm(
            f"{scope}/mlp/down/MatMul:MatMul",
            290 * scale,
            "128x128x64",
            rows * 8,
            frees=() if keep else (f"act{k}", f"mlp{k}"),
        ),
    ]


def _layer_gradient(k: int, rows: int, scale: float) -> list[Item]:
    work = Buffer(key=f"grad{k}", size=rows * 3 * _MIB, shape=f"[{rows},512,3072]", region="temp")
    scope = f"gradient_tape/model/layer_{k}"
    return [
        _gemm(f"{scope}/mlp/down/MatMul:MatMul", 560 * scale, "128x256x64", rows * 16, gives=(work,)),
        _fusion("loop_gelu_grad_fusion", f"{scope}/mlp/GeluGrad:GeluGrad", 90 * scale, rows * 64),
        _gemm(f"{scope}/mlp/up/MatMul:MatMul", 600 * scale, "128x256x64", rows * 16, frees=(f"mlp{k}",)),
        _fusion("softmax_warp_backward_bf16", f"{scope}/attention/mul:Mul", 80 * scale, rows * 32),
        _gemm(
            f"{scope}/attention/qkv/MatMul:MatMul", 450 * scale, "128x128x64", rows * 12, frees=(f"act{k}", f"grad{k}")
        ),
    ]


def _copies(rows: int) -> tuple[Item, Item]:
    size = rows * _MIB // 8
    batch = Buffer(key="batch", size=size, shape=f"[{rows},512,64]", data_type=1)
    into = Item(name="MemcpyH2D", op="IteratorGetNext:IteratorGetNext", mean=size / 24_000, kind=ItemKind.TO_DEVICE, copied=size,
                gives=(batch,))  # fmt: skip
    out = Item(name="MemcpyD2H", op="loss/Mean:Mean", mean=3.0, kind=ItemKind.TO_HOST, copied=4, frees=("batch",))
    return into, out


def training_step(layers: int = 12, rows: int = 96, scale: float = 1.0) -> tuple[Item, ...]:
    """Forward, backward and update of a transformer."""
    into, out = _copies(rows)
    items = [into]
    for k in range(layers):
        items += _layer(k, rows, scale, keep=True)
    items.append(
        _fusion("input_reduce_fusion_1", "loss/cross_entropy:SparseSoftmaxCrossEntropyWithLogits", 55 * scale, rows)
    )
    for k in reversed(range(layers)):
        items += _layer_gradient(k, rows, scale)
    items += [
        _fusion("loop_adam_fusion", f"adam/update_{k}/ResourceApplyAdam:ResourceApplyAdam", 95 * scale, 4096)
        for k in range(layers)
    ]
    return (*items, out)


def evaluation_step(layers: int = 12, rows: int = 64, scale: float = 0.6) -> tuple[Item, ...]:
    """Forward pass alone: activations live for one layer."""
    into, out = _copies(rows)
    items = [into]
    for k in range(layers):
        items += _layer(k, rows, scale, keep=False)
    items.append(_fusion("input_reduce_fusion_2", "metrics/accuracy/Mean:Mean", 40 * scale, rows))
    return (*items, out)


def plain_step(kernels: int, mean: float) -> tuple[Item, ...]:
    """Equal kernels and nothing else, for closed forms. mean: us."""
    return tuple(_fusion("loop_add_fusion", f"add_{k}:AddV2", mean, 1024) for k in range(kernels))
