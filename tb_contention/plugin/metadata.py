"""The names under which TensorBoard knows the plugin."""

#: The folder of its routes, and its entry in TensorBoard's list of plugins.
NAME = "tb_contention"
TAB_NAME = "Contention"
