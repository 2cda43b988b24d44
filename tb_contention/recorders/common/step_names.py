"""How programs and servers name their steps, in annotations of PyTorch and ranges of NVTX.

any          step 7, train_step, iteration: 12, batch (MLPerf, Megatron-LM, NeMo, Hugging Face, hand-written loops)
Lightning    [pl][profile]run_training_batch, [Strategy]DDPStrategy.training_step
SGLang       step[DECODE bs=32], Scheduler.run_batch
vLLM         execute_context_1(512)_generation_31(31), execute_new_1_cached_3, execute_model; gpu_model_runner: forward is inside
TensorRT-LLM [Executor] _forward_step 7: 1 ctx reqs, 31 gen reqs
emit_nvtx    any of these, followed by `, seq = 12, op_id = 34`
"""

import os
import re

import numpy as np

from tb_contention.errors import OptionError
from tb_contention.model.tables import rows_used
from tb_contention.model.trace import NONE, Trace
from tb_contention.units import I64

_LONGEST = 200
#: Fewer of one name are not steps.
_LEAST_STEPS = 2
_STEP = re.compile(
    r"(?:.*[\W_])?(?:(?:profiler|train|training|eval|test|inference|global|benchmark)[\W_]*)?"
    r"(?:step|iteration|iter|batch)[\W_]*(\d{1,15})?[\W_]*",
    re.IGNORECASE | re.DOTALL,
)
#: Steps of a server, whose names say what is in the batch.
_SERVER = (
    re.compile(r"(step)\[[A-Z_]+\b[^\]]*\].*"),
    re.compile(r"(execute)_(?:model|(?:new_)?context_\d+|new_\d+|cached_\d+).*"),
    re.compile(r"(?:\[Executor\] )?(_forward_step) (\d{1,15}):.*"),
)
#: What `torch.autograd.profiler.emit_nvtx` writes behind a name.
_EMITTED = re.compile(r", (?:seq|op_id|sizes|input_op_ids) = .*", re.DOTALL)
#: What the user calls a step, for programs without options.
STEPS_VARIABLE = "TB_CONTENTION_STEPS"
_LONGEST_NAMED, _DIGITS = 4096, 15
_LAST_NUMBER = re.compile(r"(\d+)$")
#: Parts of a step that are called a step.
_PARTS = re.compile(r"optim|lr[\W_]?sched|sched\w*[\W_]*step|scaler|zero_grad|adam|sgd", re.IGNORECASE)


def step_called(steps: str, name: str) -> int | None:
    """Return the number of what the user calls a step: the first group's, else that at the end of its name, else NONE; None for others.

    steps: a regular expression, "" for none.
    """
    found = re.search(steps, name[:_LONGEST_NAMED]) if steps else None
    if found is None:
        return None
    number = found[1] if found.re.groups and (found[1] or "").isdecimal() else None
    if number is None and (last := _LAST_NUMBER.search(name)):
        number = last[1]
    return int(number) if number and len(number) <= _DIGITS else NONE


def has_steps_called(steps: str, trace: Trace) -> bool:
    """Return whether a trace has steps of the name that the user gives."""
    return any(step_called(steps, trace.strings[row]) is not None for row in rows_used(trace.steps.name))


def checked_steps(steps: str) -> str:
    """Return what the user calls a step, or else what TB_CONTENTION_STEPS says. Raises OptionError for what is no regular expression."""
    option = "--steps" if steps else STEPS_VARIABLE
    steps = steps or os.environ.get(STEPS_VARIABLE, "")
    try:
        re.compile(steps)
    except (re.error, RecursionError, OverflowError) as error:
        raise OptionError(
            f"{option}: {steps[:100]!r} is not a regular expression ({error}).",
            slug="bad-option",
            advice="Write brackets of a name as \\[ and \\(.",
        ) from None
    return steps


def step_of(name: str) -> tuple[str, int] | None:
    """Return what a step's name is without its number or its batch, and the number (NONE: it has none); None for other names."""
    name = _EMITTED.sub("", name[: _LONGEST + 1])
    if len(name) > _LONGEST:
        return None
    for server in _SERVER:
        if found := server.fullmatch(name):
            return found[1], int(found[2]) if server.groups > 1 else NONE
    match = _STEP.fullmatch(name)
    if match is None or _PARTS.search(name):
        return None
    return re.sub(r"[\W_]*\d*[\W_]*$", "", name), int(match[1]) if match[1] else NONE


def chosen_steps(base: I64, thread: I64, start: I64, end: I64) -> I64:
    """Choose among rows named like steps those of one base name on one thread that do not nest and cover the most time."""
    if not len(base):
        return np.empty(0, np.int64)
    _, group = np.unique(np.column_stack([base, thread]), axis=0, return_inverse=True)
    order = np.lexsort((start, group.reshape(-1)))
    group, start, end = group.reshape(-1)[order], start[order], end[order]
    follows = group[1:] == group[:-1]
    nested = np.bincount(group[1:][follows & (start[1:] < end[:-1])], minlength=int(group.max()) + 1)
    covers = np.bincount(group, (end - start).astype(np.float64))
    covers[(nested > 0) | (np.bincount(group) < _LEAST_STEPS)] = 0.0
    best = int(covers.argmax())
    return order[group == best] if covers[best] > 0 else np.empty(0, np.int64)
