"""The names of lines and operations that TensorFlow writes into profiles of every format."""

import re

#: Lines that its tools derive from other lines.
DERIVED_NAMES = frozenset(
    {
        "Steps", "Launch Stats", "TensorFlow Name Scope", "Framework Name Scope", "TensorFlow Ops", "Framework Ops", "XLA Modules",
        "XLA Ops", "Async XLA Ops", "Source code", "CUPTI overhead", "_counters_",
    }
)  # fmt: skip

#: A TensorFlow operation on the host: `scope/name:Type`. Excludes this project's own annotation, which has the same form.
OPERATION = re.compile(rb"(?!tb_contention\.session:)[^:\s][^:]*:[A-Za-z_][A-Za-z0-9_]*")
