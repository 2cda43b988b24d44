import sys
from pathlib import Path

import pytest

from tb_contention.health.packages import Package, imports, installed, old_tensorboard, requirements, versions
from tb_contention.model.health import Status


def packages(**versions: str) -> dict[str, Package]:
    own = ("numpy>=1.26,<3", "tensorboard>=2.15,<3", 'fsspec>=2023.1; extra == "remote"', "not a requirement !!")
    made = {name: Package(name=name, version=version) for name, version in versions.items()}
    if "tb_contention" in made:
        made["tb_contention"] = Package(name="tb_contention", version=versions["tb_contention"], requires=own)
    return made


def test_versions_in_their_ranges_are_in_order() -> None:
    (check,) = requirements(packages(tb_contention="0.1", numpy="2.4.0", tensorboard="2.21.0"))
    assert check.status is Status.OK


@pytest.mark.parametrize(
    ("numpy", "told"),
    [("3.0.1", "requires numpy<3,>=1.26, but 3.0.1 is installed"), (None, "numpy<3,>=1.26 is not installed")],
)
def test_an_own_requirement_that_is_not_met_is_a_fault_with_the_command_that_mends_it(
    numpy: str | None, told: str
) -> None:
    there = packages(tb_contention="0.1", tensorboard="2.21.0", **({} if numpy is None else {"numpy": numpy}))
    (check,) = requirements(there)
    assert check.status is Status.FAULT
    assert told in check.message
    assert check.remedy == 'pip install "numpy<3,>=1.26"'


def test_a_requirement_of_another_package_that_is_not_met_is_told() -> None:
    there = packages(tb_contention="0.1", tensorboard="2.21.0", numpy="2.4.0")
    there["numba"] = Package(name="numba", version="0.59", requires=("numpy<2.1",))
    (check,) = requirements(there)
    assert check.status is Status.NOTE
    assert check.message == "numba 0.59 requires numpy<2.1, but 2.4.0 is installed"


def test_a_requirement_of_an_extra_is_not_asked_for() -> None:
    found = requirements(packages(tb_contention="0.1", numpy="2.0", tensorboard="2.20"))
    assert [check.status for check in found] == [Status.OK]


def test_without_metadata_of_this_package_nothing_is_claimed() -> None:
    (check,) = requirements(packages(numpy="2.4.0"))
    assert check.status is Status.NOTE
    assert "requirements are unknown" in check.message


def test_metadata_is_read_where_python_looks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "numpy-9.9.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: numpy\nVersion: 9.9\nRequires-Dist: a>1\n", encoding="utf-8"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert installed(("numpy", "numba")) == {"numpy": Package(name="numpy", version="9.9", requires=("a>1",))}


def test_a_package_that_is_broken_inside_is_a_fault_that_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_inside.py").write_text(
        "raise ImportError('Numba needs NumPy 2.0 or less\\n\\x1b[31m')", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    check = imports(("json", "broken_inside"))
    assert check.status is Status.FAULT
    assert check.message.startswith("broken_inside cannot be imported: ImportError: Numba needs NumPy 2.0 or less")
    assert "\n" not in check.message
    assert imports(("json",)).status is Status.OK
    assert imports(("no_such_module_at_all",)).status is Status.FAULT


@pytest.mark.parametrize(
    ("version", "has", "faults"),
    [("2.20.0", False, 1), ("2.20.0", True, 0), ("2.21.0", False, 0), ("3.0", False, 0), ("2.15.2", False, 1)],
)
def test_a_tensorboard_that_lacks_pkg_resources_is_a_fault(version: str, has: bool, faults: int) -> None:
    found = old_tensorboard(packages(tensorboard=version), has_pkg_resources=has)
    assert [check.status for check in found] == [Status.FAULT] * faults


def test_versions_are_listed() -> None:
    assert versions(packages(numpy="2.4.0"), "3.12.1").message == "python 3.12.1, numpy 2.4.0"
