"""Problems with the input, in words."""

from tb_contention.model.findings import Problem


def what_happened(problem: Problem) -> str:
    """Say what happened and what to do, without the name of the file, which is printed beside it."""
    return f"{problem.message.removeprefix(f'{problem.file}: ')} {problem.advice}".strip()
