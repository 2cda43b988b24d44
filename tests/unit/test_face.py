"""What users of the package see before they read any page."""

import pydoc

import tb_contention
from tb_contention.analysis import Options


def test_dir_lists_what_is_meant_for_users() -> None:
    assert dir(tb_contention) == [
        "ContentionError",
        "Options",
        "Report",
        "Selection",
        "__version__",
        "analyse",
        "batch",
        "listing",
        "manifest",
        "profile",
        "session",
    ]
    assert all(hasattr(tb_contention, name) for name in dir(tb_contention))


def test_help_on_analyse_names_every_option() -> None:
    text = pydoc.plain(pydoc.render_doc(tb_contention.analyse))

    assert [name for name in Options.__dataclass_fields__ if f"        {name}=" not in text] == []
    assert "cache_dir=None" in text
