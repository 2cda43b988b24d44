"""What advice names of TensorFlow is there in the TensorFlow that is installed."""

from functools import reduce
from pathlib import Path

import pytest

from tb_contention.diagnose.settings import SETTINGS, Setting

NAMED = [setting for setting in SETTINGS if setting.python]
VARIABLES = [setting.text.split("=")[0] for setting in SETTINGS if "libtensorflow_framework" in setting.checked]


@pytest.mark.parametrize("setting", NAMED, ids=lambda setting: setting.python)
def test_a_setting_is_in_the_installed_tensorflow(setting: Setting) -> None:
    tensorflow = pytest.importorskip("tensorflow")

    assert callable(reduce(getattr, setting.python.split("."), tensorflow)) or setting.python == "data.AUTOTUNE"


@pytest.mark.parametrize("variable", VARIABLES)
def test_an_environment_variable_is_read_by_the_installed_tensorflow(variable: str) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    library = next(Path(tensorflow.__file__).parent.glob("libtensorflow_framework.so*"))

    assert variable.encode() in library.read_bytes()
