"""Packaging of tb_contention: metadata, dependencies, entry points and what the wheel carries.

The tool settings and the build-system table are in pyproject.toml. The built frontend is committed
(tb_contention/static), so that neither a wheel nor an installation needs Node.
"""

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


def read_version() -> str:
    """Read the version from the one place that states it."""
    text = (ROOT / "tb_contention" / "_version.py").read_text(encoding="utf-8")
    match = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if match is None:
        raise ValueError("tb_contention/_version.py states no __version__")
    return match.group(1)


def read_long_description() -> str:
    """Read the page that the package index shows."""
    readme = ROOT / "README.md"
    return readme.read_text(encoding="utf-8") if readme.is_file() else ""


# The profile tab writes these into a log directory that it shows.
WRITTEN_BY_XPROF = shutil.ignore_patterns(
    ".cached_tools.json", "cache_version.txt", "*.SSTABLE", "*.op_stats*.pb", "*.hlo_proto.pb", "__pycache__"
)


class BuildWithDemoLogs(build_py):
    """Copy demo_logs/ into the wheel, where `tb-contention demo` finds it.

    The logs are at the root of the checkout because people open them with TensorBoard; an editable
    installation reads them there. pip builds inside the checkout and keeps build/: what an earlier
    build left there is removed first, so that a deleted file does not live on in the next wheel.
    """

    def run(self):
        if self.editable_mode:
            super().run()
            return
        package = Path(self.build_lib) / "tb_contention"
        shutil.rmtree(package, ignore_errors=True)
        super().run()
        if (ROOT / "demo_logs").is_dir():
            shutil.copytree(ROOT / "demo_logs", package / "_demo_logs", ignore=WRITTEN_BY_XPROF)


# Wide on purpose: this package is installed beside TensorFlow 2.15 to 2.21 and must fit what each of
# them pins (tensorboard 2.15 to 2.21, protobuf 4 to 7, numpy 1.26 and 2). `.ci/install_matrix` checks it.
# setuptools is left alone: tensorboard up to 2.20 imports pkg_resources and starts only with
# setuptools<82; 2.21, which is what a fresh installation resolves to, needs none.
RUNTIME = [
    "numba>=0.59",
    "numpy>=1.26,<3",
    "protobuf>=4.25.8,<8",
    "tensorboard>=2.15,<3",
    "tomli>=2.0; python_version < '3.11'",
    "werkzeug>=2.0",
]
REMOTE = ["fsspec>=2023.1"]
TENSORFLOW = ["tensorflow>=2.15", "tensorboard-plugin-profile>=2.15"]
CAPTURE = ["nvidia-ml-py>=12"]
NOTEBOOK = ["matplotlib>=3.8", "pandas>=2.1", "pyarrow>=14.0.1"]
COMPLETION = ["shtab>=1.13"]
MCP = ["mcp>=2,<3"]
SERVE = ["waitress>=3.0.1"]
RIEGELI = ["backports-zstd>=1.0; python_version < '3.14'", "brotli>=1.2"]
BATCH = ["distributed>=2023.12", "fsspec>=2023.1", "pyarrow>=14.0.1"]
TEST = [
    *CAPTURE,
    *REMOTE,
    *NOTEBOOK,
    *BATCH,
    *RIEGELI,
    *SERVE,
    *COMPLETION,
    "build>=1.0",
    "duckdb>=1.0",
    "hypothesis>=6.100",
    "ipykernel>=6.25",
    "jsonschema>=4.18",
    "nbclient>=0.9",
    "polars>=1.0",
    "prometheus_client>=0.16",
    "psutil>=5.9.5",
    "pytest>=8.2",
    "pytest-xdist>=3.7",
    "viztracer>=1.1",
]
DEV = [*TEST, "import-linter>=2.1", "mypy>=1.15", "ruff>=0.11"]

setup(
    name="tb_contention",
    version=read_version(),
    description="TensorBoard plugin that shows how sessions on one GPU slow each other down",
    long_description=read_long_description(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    keywords=["tensorboard", "tensorflow", "jax", "profiler", "gpu", "contention"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: System :: Monitoring",
        "Typing :: Typed",
    ],
    python_requires=">=3.10",
    packages=find_packages(include=["tb_contention", "tb_contention.*"]),
    package_data={
        "tb_contention": [
            "py.typed",
            "README.md",
            "static/**/*",
            "report/*.json",
            "report/*.md",
            "diagnose/*.md",
            "plugin/*.md",
            "cli/docs/*.md",
            "recorders/*/*.md",
            "recorders/xspace/proto/*.proto",
            "capture/*.md",
            "capture/inject/*.py",
        ]
    },
    data_files=[("share/man/man1", ["docs/tb-contention.1"])],
    cmdclass={"build_py": BuildWithDemoLogs},
    zip_safe=False,
    install_requires=RUNTIME,
    extras_require={
        "capture": CAPTURE,
        "remote": REMOTE,
        "tensorflow": TENSORFLOW,
        "notebook": NOTEBOOK,
        "batch": BATCH,
        "mcp": MCP,
        "completion": COMPLETION,
        "riegeli": RIEGELI,
        "serve": SERVE,
        "test": TEST,
        "dev": DEV,
    },
    entry_points={
        "tensorboard_plugins": ["tb_contention = tb_contention.plugin.loader:ContentionLoader"],
        "console_scripts": ["tb-contention = tb_contention.__main__:start"],
        "jupyter_serverproxy_servers": ["tb-contention = tb_contention.plugin.in_jupyter:entry"],
    },
)
