"""Problems with the input, in words."""

from tb_contention.model.findings import Problem


def what_happened(problem: Problem) -> str:
    """Say what happened and what to do, without the name of the file, which is printed beside it."""
    return f"{problem.message.removeprefix(f'{problem.file}: ')} {problem.advice}".strip()


def not_printed(problem: Problem) -> str:
    """Say in the place of a part that failed why it is not there."""
    return f"This part could not be printed. {what_happened(problem)}"
