"""`tb-contention capture` where there is nothing to record: one sentence each, and the right code."""

import importlib.util
import socket
from pathlib import Path

import pytest

from tb_contention.cli.main import main


def test_where_nobody_listens_it_says_so_for_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as shut:
        shut.bind(("127.0.0.1", 0))
        port = shut.getsockname()[1]
        code = main(["capture", "--logdir", str(tmp_path / "logs"), f"127.0.0.1:{port}", "nowhere.invalid:9012"])
    out, err = capsys.readouterr()
    assert (code, out) == (1, "")
    assert f"127.0.0.1:{port}: connection refused" in err
    assert "nowhere.invalid:9012: unknown host name" in err
    assert "jax.profiler.start_server(PORT)" in err


@pytest.mark.parametrize(
    "words", [["localhost"], ["localhost:1", "--duration", "0s"], ["localhost:1", "--duration", "1h"], []]
)
def test_wrong_words_are_usage(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capture", "--logdir", str(tmp_path), *words]) == 2
    assert "usage:" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["capture", "--logdir", str(tmp_path / "file"), "localhost:1"]) == 1
    assert "Cannot create the directory" in capsys.readouterr().err
    assert main(["capture", "--logdir", "gs://bucket/logs", "localhost:1"]) == 2
    assert "--logdir gs://bucket/logs is a URL" in capsys.readouterr().err


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) for name in ("xprof", "tensorflow")), reason="a client is installed here"
)
def test_without_a_client_it_says_what_to_install(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        code = main(["capture", "--logdir", str(tmp_path), f"127.0.0.1:{server.getsockname()[1]}"])
    assert code == 1
    assert "neither xprof nor TensorFlow is installed" in capsys.readouterr().err
