"""First on PYTHONPATH of the commands that `tb-contention run` starts, so that Python runs it before their code.

It waits for the import of TensorFlow or JAX and then lets `tb_contention.capture.injected` record. A process that imports neither is
unaffected. An existing `sitecustomize` runs as before. The syntax is valid in every Python back to 2.7, since a command may also start an
old one.
"""
# mypy: ignore-errors
# ruff: noqa: UP004, UP031, UP036

import os
import sys

_ORDER = "TB_CONTENTION_RUN"
_FRAMEWORKS = ("tensorflow", "jax")
_OLDEST = (3, 10)


class _Watch(object):
    """An import finder that finds nothing itself and calls `then` after the first import of a framework."""

    def __init__(self, then):
        self._then = then
        self._asking = set()

    def find_spec(self, name, path=None, target=None):
        """Ask the other finders, and hook the module's loader to notice the end of the import."""
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
                loader.exec_module = exec_module  # on this loader only, not on its class
            except AttributeError:
                pass
        return spec

    def _found(self):
        if self in sys.meta_path:
            sys.meta_path.remove(self)
            self._then()


def _record():
    """Load the recorder from the directory named in the order, whichever tb_contention this Python has, and start it."""
    import json

    order = os.environ.get(_ORDER, "")
    try:
        with open(order) as stream:
            package = json.load(stream)["package"]
    except (OSError, ValueError, KeyError):
        return  # `run` has exited
    try:
        if sys.version_info >= _OLDEST:
            _private_copy(package).begin(order)
        else:
            _say("this Python is older than 3.10")
    except Exception as error:
        _say("%s: %s" % (type(error).__name__, error))


def _say(why):
    sys.stderr.write("tb_contention: this process is not recorded: %s\n" % why)


def _private_copy(package):
    """Import the recorder without a trace of it in sys.path or sys.modules."""
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
    """Remove this directory from the path, and run the sitecustomize that it shadowed."""
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
