"""Profiler files <-> Trace: `discover` finds files, `load` reads one with its recorder's reader, `manifest` reads what stands beside it.

One folder per recorder: `xspace` (TensorFlow and JAX, also writes), `kineto` (PyTorch), `nsight` (Nsight Systems) and `legacy` (TensorFlow
before 2.3). The readers do not import each other; what they share is in `common`.
"""
