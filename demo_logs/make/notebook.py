"""Run the cells of contention.ipynb and keep what they put out, without times and paths.

python demo_logs/make/notebook.py            writes the notebook again
python demo_logs/make/notebook.py elsewhere  writes it there, and leaves the one beside the logs as it is
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

LOGS = Path(__file__).resolve().parents[1]
NOTEBOOK = LOGS / "contention.ipynb"


def main(target: Path) -> None:
    """Run the notebook beside the logs and write it to a place."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(LOGS)}},
    )
    client.execute()
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(notebook, target)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else NOTEBOOK)
