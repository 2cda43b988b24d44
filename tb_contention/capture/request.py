"""One request to several profiler servers, in a process of its own: `python -m tb_contention.capture.request`, a JSON object on stdin.

TensorFlow takes seconds to import and prints what it likes; a client that hangs can be ended from outside. Prints one JSON object, last.
"""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

#: What the device's and the host's tracers record; Python frames are left out: they are many, and say little of a GPU.
_HOST_LEVEL, _DEVICE_LEVEL = 2, 1


def main() -> int:
    """Send the request; the answer is the `client` ("" when there is none) and `error`: why no server gave a trace, or null."""
    wanted = json.load(sys.stdin)
    sys.stdout.write("\n" + json.dumps(_answer(wanted)) + "\n")
    return 0


def _answer(wanted: dict[str, Any]) -> dict[str, str | None]:
    answer: dict[str, str | None] = {"client": "", "error": "neither xprof nor TensorFlow is installed"}
    for client, send in (("xprof", _with_xprof), ("tensorflow", _with_tensorflow)):
        try:
            send(wanted)
        except ImportError:
            continue
        except (
            AttributeError,
            TypeError,
        ) as failure:  # a release whose client is elsewhere, or asks for something else
            answer = {"client": client, "error": f"this release of {client} has no client that is known ({failure})"}
            continue
        except Exception as failure:  # whatever the client raises is an answer
            return {"client": client, "error": f"{type(failure).__name__}: {failure}"}
        return {"client": client, "error": None}
    return answer


def _with_xprof(wanted: dict[str, Any]) -> None:
    trace: Callable[..., None] = import_module("xprof.convert._pywrap_profiler_plugin").trace
    options = {"host_tracer_level": _HOST_LEVEL, "device_tracer_level": _DEVICE_LEVEL, "python_tracer_level": 0}
    trace(",".join(wanted["addresses"]), wanted["logdir"], "", True, wanted["duration_ms"], 1, options)


def _with_tensorflow(wanted: dict[str, Any]) -> None:
    profiler = import_module("tensorflow").profiler.experimental
    options = profiler.ProfilerOptions(
        host_tracer_level=_HOST_LEVEL,
        python_tracer_level=0,
        device_tracer_level=_DEVICE_LEVEL,
        delay_ms=wanted["delay_ms"],
    )
    addresses = ",".join(f"grpc://{address}" for address in wanted["addresses"])
    profiler.client.trace(addresses, wanted["logdir"], wanted["duration_ms"], num_tracing_attempts=1, options=options)


if __name__ == "__main__":
    sys.exit(main())
