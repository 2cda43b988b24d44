import importlib
import importlib.metadata
import shutil
import sys
from pathlib import Path

import pytest

from tb_contention.health.plugin import bundle, command, entry_point, entry_points, loads, profiler
from tb_contention.model.health import Status

VALUE = "tb_contention.plugin.loader:ContentionLoader"


def announce(
    folder: Path, distribution: str, name: str = "tb_contention", value: str = VALUE, version: str = "0.1"
) -> None:
    """Write a distribution that announces a tab, as pip does."""
    info = folder / f"{distribution}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text(f"[tensorboard_plugins]\n{name} = {value}\n", encoding="utf-8")


def found_in(folder: Path) -> tuple[importlib.metadata.EntryPoint, ...]:
    """Look as TensorBoard would where these were the only distributions."""
    importlib.invalidate_caches()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(folder)])
        return entry_points()


def test_an_environment_without_the_entry_point_is_a_fault(tmp_path: Path) -> None:
    check = entry_point(found_in(tmp_path), "0.1")
    assert check.status is Status.FAULT
    assert "does not find the tab" in check.message
    assert loads(found_in(tmp_path)) == []


def test_an_entry_point_is_found_and_loads(tmp_path: Path) -> None:
    announce(tmp_path, "tb_contention")
    assert entry_point(found_in(tmp_path), "0.1").status is Status.OK
    (check,) = loads(found_in(tmp_path))
    assert check.status is Status.OK


def test_metadata_of_another_version_is_told(tmp_path: Path) -> None:
    announce(tmp_path, "tb_contention", version="0.0.9")
    check = entry_point(found_in(tmp_path), "0.1")
    assert check.status is Status.NOTE
    assert check.message == "TensorBoard finds version 0.0.9 in the metadata, but the code is version 0.1"


def test_a_tab_that_is_announced_twice_is_a_fault(tmp_path: Path) -> None:
    announce(tmp_path, "tb_contention")
    announce(tmp_path, "tb_contention_fork")
    check = entry_point(found_in(tmp_path), "0.1")
    assert check.status is Status.FAULT
    assert "2 packages provide the tab (tb_contention 0.1, tb_contention_fork 0.1)" in check.message


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("tb_contention.no_such_module:Loader", "No module named 'tb_contention.no_such_module'"),
        ("tb_contention.plugin.loader:NoSuchClass", "has no attribute 'NoSuchClass'"),
    ],
)
def test_a_tab_that_cannot_be_loaded_is_a_fault_that_says_why(value: str, told: str, tmp_path: Path) -> None:
    announce(tmp_path, "tb_contention", value=value)
    (check,) = loads(found_in(tmp_path))
    assert check.status is Status.FAULT
    assert told in check.message


def test_the_profilers_tab_is_named_where_it_is(tmp_path: Path) -> None:
    assert "not installed; this tab does not need it" in profiler(found_in(tmp_path)).message
    announce(tmp_path, "xprof", name="profile", value="xprof.loader:Loader", version="2.24.2")
    assert profiler(found_in(tmp_path)).message == "xprof's Profile tab is installed (xprof 2.24.2)"


@pytest.fixture
def static(repo_root: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repo_root / "tb_contention" / "static", tmp_path / "static"))


def test_the_built_page_is_whole(static: Path) -> None:
    assert bundle(static).status is Status.OK


def test_a_page_with_a_changed_or_missing_file_is_a_fault_that_names_it(static: Path) -> None:
    script = static / "index.js"
    script.write_bytes(script.read_bytes() + b"\n")
    assert bundle(static).status is Status.FAULT
    assert bundle(static).message.endswith(": index.js")
    script.unlink()
    (static / "licenses.txt").unlink()
    assert bundle(static).message.endswith(": index.js, licenses.txt")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": 3}', '{"files": {}}', "\x80"])
def test_a_page_without_a_readable_list_of_its_files_is_a_fault(text: str, static: Path) -> None:
    (static / "MANIFEST.json").write_text(text, encoding="latin-1")
    assert bundle(static).status is Status.FAULT


def test_a_page_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert bundle(tmp_path / "nowhere").status is Status.FAULT


@pytest.mark.parametrize(
    ("tensorboard", "status"),
    [("/venv/bin/tensorboard", Status.OK), ("/usr/bin/tensorboard", Status.NOTE), (None, Status.NOTE)],
)
def test_a_tensorboard_of_another_environment_is_told_with_the_command_that_starts_the_right_one(
    tensorboard: str | None, status: Status
) -> None:
    check = command(tensorboard, "/venv/bin/python")
    assert check.status is status
    assert (check.remedy == "") is (status is Status.OK)
    assert status is Status.OK or "/venv/bin/python -m tensorboard.main" in check.remedy
