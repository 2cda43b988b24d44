"""PyTorch's Chrome traces (Kineto) -> Trace. KINETO.md describes what is read and what the format lacks."""
