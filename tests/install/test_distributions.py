"""Wheel and source distribution are whole."""

import json
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from install.building import Distributions

pytestmark = pytest.mark.slow


def files_under(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def names_in_wheel(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def read_in_wheel(wheel: Path, name: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (path for path in archive.namelist() if path.endswith(f".dist-info/{name}"))
        return archive.read(path).decode()


def names_in_sdist(sdist: Path) -> set[str]:
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}


def test_the_wheel_fits_every_platform(distributions: Distributions) -> None:
    assert distributions.wheel.name.endswith("-py3-none-any.whl")


def test_the_wheel_holds_every_file_of_the_package(distributions: Distributions) -> None:
    package = {f"tb_contention/{name}" for name in files_under(distributions.source / "tb_contention")}

    assert package - names_in_wheel(distributions.wheel) == set()


def test_the_wheel_holds_the_built_frontend_and_the_descriptors(distributions: Distributions) -> None:
    names = names_in_wheel(distributions.wheel)

    built = json.loads((distributions.source / "tb_contention" / "static" / "MANIFEST.json").read_text("utf-8"))[
        "files"
    ]

    assert sum(name.endswith(".js") for name in built) > 1
    assert {*(f"tb_contention/static/{name}" for name in built), "tb_contention/py.typed"} <= names
    assert any(name.endswith(".proto") for name in names)


def test_the_wheel_holds_the_demo_logs(distributions: Distributions) -> None:
    expected = {f"tb_contention/_demo_logs/{name}" for name in files_under(distributions.source / "demo_logs")}
    actual = {name for name in names_in_wheel(distributions.wheel) if name.startswith("tb_contention/_demo_logs/")}

    assert expected
    assert expected == actual


def test_the_wheel_holds_nothing_but_the_package(distributions: Distributions) -> None:
    roots = {name.split("/")[0] for name in names_in_wheel(distributions.wheel)}
    version = distributions.wheel.name.split("-")[1]

    assert roots == {"tb_contention", f"tb_contention-{version}.dist-info", f"tb_contention-{version}.data"}


def test_the_wheel_holds_the_manual_page_and_no_other_data(distributions: Distributions) -> None:
    parts = (name.partition(".data/") for name in names_in_wheel(distributions.wheel))

    assert [inside for _, mark, inside in parts if mark] == ["data/share/man/man1/tb-contention.1"]


def test_the_metadata_states_version_licence_and_extras(distributions: Distributions) -> None:
    metadata = Parser().parsestr(read_in_wheel(distributions.wheel, "METADATA"))
    version: dict[str, str] = {}
    exec((distributions.source / "tb_contention" / "_version.py").read_text(), version)

    assert metadata["Version"] == version["__version__"]
    assert "Apache-2.0" in (metadata["License-Expression"] or metadata["License"])
    assert metadata["Requires-Python"] == ">=3.10"
    assert {"remote", "tensorflow", "test", "dev"} <= set(metadata.get_all("Provides-Extra") or [])
    assert "Apache License" in read_in_wheel(distributions.wheel, "licenses/LICENSE")


def test_a_plain_installation_takes_no_tensorflow(distributions: Distributions) -> None:
    metadata = Parser().parsestr(read_in_wheel(distributions.wheel, "METADATA"))
    plain = [line for line in metadata.get_all("Requires-Dist") or [] if "extra ==" not in line]

    assert sorted(line.split(">")[0].split("<")[0].strip() for line in plain) == [
        "numba",
        "numpy",
        "protobuf",
        "tensorboard",
        "tomli",
        "werkzeug",
    ]
    # Python 3.11 has it: what the oldest supported one lacks to read a configuration.
    (tomli,) = (line for line in plain if line.startswith("tomli"))
    assert "python_version < '3.11'" in tomli.replace('"', "'")


def test_the_source_distribution_is_the_whole_checkout(distributions: Distributions) -> None:
    assert files_under(distributions.source) - names_in_sdist(distributions.sdist) == set()


def test_the_package_shows_the_readme_on_the_index(distributions: Distributions) -> None:
    readme = (distributions.source / "README.md").read_text(encoding="utf-8")
    metadata = read_in_wheel(distributions.wheel, "METADATA")

    assert readme.strip()
    assert readme.strip().splitlines()[-1] in metadata
