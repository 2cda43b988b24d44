from pathlib import Path

from tb_contention.cache import stored
from tb_contention.health.caches import compiled_cache, trace_cache
from tb_contention.model.health import Status


def test_a_cache_that_is_not_there_yet_can_be_made(tmp_path: Path) -> None:
    check = trace_cache(stored(tmp_path / "a" / "b"))
    assert check.status is Status.OK
    assert check.message.endswith("does not exist yet and can be created")
    assert list(tmp_path.iterdir()) == []


def test_a_cache_tells_its_size_and_bound(tmp_path: Path) -> None:
    (tmp_path / "one.trace").write_bytes(b"x" * (3 << 20))
    (tmp_path / "other").write_bytes(b"x" * (9 << 20))
    check = trace_cache(stored(tmp_path))
    assert check.status is Status.OK
    assert check.message == f"{tmp_path} holds 1 decoded trace and 0 indexes, 3.00 MiB of at most 4.00 GiB"


def test_what_is_no_folder_is_not_used_and_the_cost_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("file", "link", "file/below"):
        check = trace_cache(stored(tmp_path / name))
        assert check.status is Status.NOTE
        assert check.remedy.startswith("Traces are decoded and log directories looked through again each time")


def test_the_machine_code_is_kept_or_compiled_at_each_start() -> None:
    assert compiled_cache("/somewhere", 0, 40).message == "/somewhere holds the machine code of all 40 functions"
    cold = compiled_cache("/somewhere", 3, 40)
    assert (cold.status, cold.remedy) == (Status.NOTE, "Run tb-contention warm.")
    assert cold.message.startswith("/somewhere lacks the machine code of 3 of 40 functions")
    assert compiled_cache("", 40, 40).remedy == "Set NUMBA_CACHE_DIR to a writable directory."
