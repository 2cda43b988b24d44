"""The vocabulary: frozen values that the stages hand to each other. NumPy and nothing else."""
