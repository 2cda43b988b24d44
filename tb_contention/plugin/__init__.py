"""The TensorBoard tab: `loader` is what TensorBoard imports, `routes` answers requests, `workspace` does the work beside them."""
