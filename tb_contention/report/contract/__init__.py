"""The contract with programs: what goes over the wire, and the schema, pages and types that are made of it.

`Wire` declares the keys of a frozen value on its fields; `derived` adds those that take more than one value.
"""

from tb_contention.report.contract import derived
from tb_contention.wire import encode

__all__ = ["derived", "encode"]
