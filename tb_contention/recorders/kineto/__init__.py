"""PyTorch's Chrome traces (Kineto) -> Trace. What is read and what they cannot tell is in KINETO.md."""
