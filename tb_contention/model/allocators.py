"""Names of allocators, as traces have them or as readers give them -> the device that they serve."""

import re

#: TensorFlow's and JAX's, by virtual or real ordinal; PyTorch's, and the driver's own as Nsight Systems records it, by their readers.
_ON_DEVICE = re.compile(r"GPU_(?:collectivememory_)?(\d{1,6})_(?:bfc|pytorch|cuda)")


def device_ordinal(allocator: str) -> int | None:
    """Return the ordinal of the GPU whose memory an allocator gives out; None for an allocator of the host."""
    match = _ON_DEVICE.fullmatch(allocator)
    return None if match is None else int(match[1])
