"""How programs and servers name their steps, in annotations of PyTorch and ranges of NVTX.

any          step 7, train_step, iteration: 12, batch (MLPerf, Megatron-LM, NeMo, Hugging Face, hand-written loops)
Lightning    [pl][profile]run_training_batch, [Strategy]DDPStrategy.training_step
SGLang       step[DECODE bs=32]
vLLM         execute_context_1(512)_generation_31(31), execute_model, gpu_model_runner: forward is inside
"""

import re

import numpy as np

from tb_contention.model.trace import NONE
from tb_contention.units import I64

_LONGEST = 200
#: Fewer of one name are not steps.
_LEAST_STEPS = 2
_STEP = re.compile(
    r"(?:.*[\W_])?(?:(?:train|training|eval|test|inference|global|benchmark)[\W_]*)?(?:step|iteration|iter|batch)[\W_]*(\d{1,15})?[\W_]*",
    re.IGNORECASE | re.DOTALL,
)
#: Steps of a server, whose names say what is in the batch.
_SERVER = (re.compile(r"(step)\[[A-Z_]+\b[^\]]*\].*"), re.compile(r"(execute)_(?:model|(?:new_)?context_\d+).*"))
#: Parts of a step that are called a step.
_PARTS = re.compile(r"optim|sched|scaler|zero_grad|adam|sgd", re.IGNORECASE)


def step_of(name: str) -> tuple[str, int] | None:
    """Return what a step's name is without its number or its batch, and the number (NONE: it has none); None for other names."""
    if len(name) > _LONGEST:
        return None
    for server in _SERVER:
        if found := server.fullmatch(name):
            return found[1], NONE
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
