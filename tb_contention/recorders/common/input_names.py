"""How programs name the wait for their next batch, in all releases and frameworks.

tf.data     IteratorGetNextOp::DoCompute, IteratorGetNextAsOptionalOp::DoCompute (TensorFlow 2.3 to 2.21), and the op: name:IteratorGetNext
PyTorch     enumerate(DataLoader)#_MultiProcessingDataLoaderIter.__next__
"""

#: What such a name begins with, and the types of the ops.
PREFIXES = (b"IteratorGetNext", b"MultiDeviceIteratorGetNext", b"enumerate(DataLoader)#")
_OPS = ("IteratorGetNext", "IteratorGetNextSync", "IteratorGetNextAsOptional", "MultiDeviceIteratorGetNextFromShard")


def is_input(name: str) -> bool:
    """Return whether an event of this name is the wait for the next batch."""
    if name.startswith("enumerate(DataLoader)#"):
        return name.endswith("__next__")
    op, _, kind = name.partition(":")
    return kind in _OPS or (kind == ":DoCompute" and op.removesuffix("Op") in _OPS) or (not kind and op in _OPS)
