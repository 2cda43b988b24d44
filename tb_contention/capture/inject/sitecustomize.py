"""Lies first on PYTHONPATH of the commands that `tb-contention run` starts, so that Python runs it before their code.

It waits for the import of TensorFlow or JAX, and then lets `tb_contention.capture.injected` record. A process that imports neither is
left as it is. A `sitecustomize` that was there before runs as it always did. Kept to what every Python reads, back to 2.7: a command
may start an old one on the side.
"""
# mypy: ignore-errors
# ruff: noqa: UP004, UP031, UP036

import os
import sys

_ORDER = "TB_CONTENTION_RUN"
_FRAMEWORKS = ("tensorflow", "jax")
_OLDEST = (3, 10)


class _Watch(object):
    """Finds nothing itself; calls `then` after the first import of a framework."""

    def __init__(self, then):
        self._then = then
        self._asking = set()

    def find_spec(self, name, path=None, target=None):
        """Ask the other finders, and have the module's loader tell when it is done."""
        if name not in _FRAMEWORKS or name in self._asking:
            return None
        self._asking.add(name)
        try:
            for finder in list(sys.meta_path):
                spec = (
                    None if finder is self or not hasattr(finder, "find_spec") else finder.find_spec(name, path, target)
                )
                if spec is not None:
                    return self._watched(spec)
        finally:
            self._asking.discard(name)
        return None

    def _watched(self, spec):
        loader = spec.loader
        run = getattr(loader, "exec_module", None)

        def exec_module(module):
            del loader.exec_module
            run(module)
            self._found()

        if run is not None:
            try:
                loader.exec_module = exec_module  # of this one loader; its class stays as it is
            except AttributeError:
                pass
        return spec

    def _found(self):
        if self in sys.meta_path:
            sys.meta_path.remove(self)
            self._then()


def _record():
    """Load the recorder from the folder that the order names, whatever tb_contention this Python has, and start it."""
    import json

    order = os.environ.get(_ORDER, "")
    try:
        with open(order) as stream:
            package = json.load(stream)["package"]
    except (OSError, ValueError, KeyError):
        return  # `run` has ended
    try:
        if sys.version_info >= _OLDEST:
            _private_copy(package).begin(order)
        else:
            _say("this Python is older than 3.10")
    except Exception as error:
        _say("%s: %s" % (type(error).__name__, error))


def _say(why):
    sys.stderr.write("tb_contention: nothing is recorded: %s\n" % why)


def _private_copy(package):
    """Import the recorder so that neither sys.path nor sys.modules shows it to the program."""
    import importlib
    import importlib.util

    name = "tb_contention"
    theirs = _taken_out(name)
    try:
        place = os.path.join(package, "__init__.py")
        spec = importlib.util.spec_from_file_location(name, place, submodule_search_locations=[package])
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return importlib.import_module(name + ".capture.injected")
    finally:
        _taken_out(name)
        sys.modules.update(theirs)


def _taken_out(name):
    names = [key for key in list(sys.modules) if key == name or key.startswith(name + ".")]
    return {key: sys.modules.pop(key) for key in names}


def _run_the_one_before():
    """Take this folder off the path, and run the sitecustomize that it hid."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [place for place in sys.path if os.path.abspath(place or ".") != here]
    sys.path_importer_cache.pop(here, None)
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("sitecustomize")
    if spec is None or spec.loader is None:
        return
    from importlib.util import module_from_spec

    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


if sys.version_info >= (3, 6):
    if os.environ.get(_ORDER):
        if any(name in sys.modules for name in _FRAMEWORKS):
            _record()
        else:
            sys.meta_path.insert(0, _Watch(_record))
    _run_the_one_before()
