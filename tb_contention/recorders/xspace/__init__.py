"""XSpace files (`.xplane.pb`) of TensorFlow and JAX <-> Trace: `decoding` reads them, `writer` writes them, `proto` describes them."""
