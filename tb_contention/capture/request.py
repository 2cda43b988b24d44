"""Send one request to several profiler servers, in a separate process: `python -m tb_contention.capture.request`, JSON on stdin.

TensorFlow takes seconds to import and prints messages, and a client that hangs can be killed from outside. The last line printed is one
JSON object.
"""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

#: Levels of the device and host tracers; Python frames are not recorded, since they are many and say little about a GPU.
_HOST_LEVEL, _DEVICE_LEVEL = 2, 1


def main() -> int:
    """Send the request; print `client` ("" if there is none) and `error` (why no server returned a trace, or null)."""
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
            answer = {
                "client": client,
                "error": f"this release of {client} has no client that tb_contention can use ({failure})",
            }
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
