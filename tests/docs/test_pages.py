"""The pages for people: each is in its index, and every link and every command in them leads somewhere."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tb_contention.cli.main import parser

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted(DOCS.rglob("*.md")),
    *sorted((ROOT / "tb_contention").rglob("*.md")),
    ROOT / "frontend" / "README.md",
    ROOT / "tests" / "README.md",
    ROOT / "demo_logs" / "README.md",
]
_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose_of(page: Path) -> str:
    return _CODE.sub("", page.read_text(encoding="utf-8"))


def links_of(page: Path) -> Iterator[tuple[Path, str]]:
    """Files and headings that a page links to, without what is on the network."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
        if "://" not in target:
            path, _, heading = target.partition("#")
            yield (page.parent / path).resolve() if path else page, heading


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    named = re.findall(r'<a id="([^"]+)">', prose_of(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings} | set(named)


def commands_of(page: Path) -> Iterator[list[str]]:
    """Words after `tb-contention` of the command lines in a page's blocks of shell."""
    blocks = re.findall(r"^```(?:sh|console)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for line in "".join(blocks).splitlines():
        words = shlex.split(line, comments=True) if "tb-contention " in line else []
        if "tb-contention" in words:
            yield words[words.index("tb-contention") + 1 :]


def test_the_readme_is_a_front_page() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("folder", [DOCS, DOCS / "decisions"], ids=name_of)
def test_an_index_lists_every_page_of_its_folder(folder: Path) -> None:
    linked = {path for path, _ in links_of(folder / "README.md") if path.parent == folder}
    assert linked == set(folder.glob("*.md")) - {folder / "README.md"}


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted((DOCS / "decisions").glob("0*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for path, heading in links_of(page):
        assert path.exists(), path
        assert path.is_relative_to(ROOT)
        assert not heading or heading in anchors_of(path), f"{path}#{heading}"


@pytest.mark.parametrize("page", [p for p in PAGES if p.parent in (ROOT, DOCS)], ids=name_of)
def test_every_command_takes_the_options_that_a_page_gives_it(page: Path) -> None:
    for words in commands_of(page):
        assert parser().parse_args(words).command in words[:2]


@pytest.mark.parametrize("page", [p for p in PAGES if p.parent in (ROOT, DOCS)], ids=name_of)
def test_every_script_that_a_page_runs_is_there(page: Path) -> None:
    for script in re.findall(r"\bpython ((?:tests|demo_logs|\.ci)/\S+\.py)", page.read_text(encoding="utf-8")):
        assert (ROOT / script).is_file()


def test_the_readme_sums_up_the_tables_of_accuracy() -> None:
    accuracy = (DOCS / "accuracy.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| [\w ,]+ \| [ABC] \| (\d+) \| ([\d.]+)% \| [\d.]+% \| (\d+) of \d+ \|", accuracy, re.MULTILINE
    )
    mean = max(float(each) for _, each, _ in rows)
    estimates, holding = (sum(int(row[at]) for row in rows) for at in (0, 2))
    assert f"| {estimates} | at most {mean:.1f} % for each | {holding} |" in readme

    kinds = re.findall(r"^\| ([\w ]+) \| (\d+) \| ([\d.]+)% \| [\d.]+% \| \d+ \| (\d+) \|", accuracy, re.MULTILINE)
    *each, (all_kinds, count, error, held) = kinds
    assert all_kinds == "all"
    assert sum(int(row[1]) for row in each) == int(count)
    assert f"{len(each)} harder kinds" in readme
    assert f"| {count} | {error} % | {held} |" in readme
