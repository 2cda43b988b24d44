"""The committed bundle is the one that its sources build to, checked without Node.

`frontend/scripts/manifest.mjs` writes static/MANIFEST.json: the hash of each built file, and one over the sources.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def static(repo_root: Path) -> Path:
    return repo_root / "tb_contention" / "static"


@pytest.fixture
def manifest(static: Path) -> Any:
    return json.loads((static / "MANIFEST.json").read_text(encoding="utf-8"))


def bundled_sources(frontend: Path) -> list[str]:
    names = [path.relative_to(frontend).as_posix() for path in (frontend / "src").rglob("*") if path.is_file()]
    names = [name for name in names if not re.search(r"\.test\.tsx?$|^src/testing/", name)]
    return sorted([*names, "package-lock.json", "vite.config.ts"])


def test_the_bundle_is_what_the_manifest_says(static: Path, manifest: Any) -> None:
    built = {path.name: sha256(path) for path in static.iterdir() if path.name != "MANIFEST.json"}

    assert manifest["files"] == built


def test_the_bundle_is_as_new_as_its_sources(repo_root: Path, manifest: Any) -> None:
    frontend = repo_root / "frontend"
    lines = [f"{sha256(frontend / name)}  {name}\n" for name in bundled_sources(frontend)]
    actual = hashlib.sha256("".join(lines).encode()).hexdigest()

    assert manifest["sources"] == actual, "run `npm run build` in frontend/ and commit tb_contention/static"


def test_the_bundle_brings_the_licences_of_what_it_contains(static: Path, repo_root: Path) -> None:
    package = json.loads((repo_root / "frontend" / "package.json").read_text(encoding="utf-8"))
    licences = (static / "licenses.txt").read_text(encoding="utf-8")

    assert [name for name in package["dependencies"] if name not in licences] == []
