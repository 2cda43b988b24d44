"""Print the table of errors at the end of a test run."""

import pytest
from ground_truth.measure import TABLES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for text in TABLES:
        terminalreporter.write_sep("=", "errors against simulated truth")
        terminalreporter.write_line(text)
