"""The TensorBoard tab: `loader` is what TensorBoard imports, `plugin` answers requests, `workspace` does the work beside them."""
