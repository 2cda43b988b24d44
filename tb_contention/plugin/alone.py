"""The panel without TensorBoard: one WSGI application with a page of its own, the routes of the tab and its built files.

request ──> who asks (Host header, or token) ──> path below the prefix ──> page, route or file
"""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug import wrappers

from tb_contention.plugin.requests import Query
from tb_contention.plugin.responses import Application, application, refused, shown
from tb_contention.plugin.routes import Routes

#: The parameter of the address that holds the token.
TOKEN = "token"
_START = 'import("./index.js").then((panel) => panel.render())'
_GO_ON = "location.replace(location.pathname + location.hash)"
_PAGE = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<link rel="icon" href="data:,">\n<title>GPU contention</title>\n</head>\n'
    f'<body><script type="module">{_START}</script></body>\n</html>\n'
)
#: A redirect by status would keep the site of the link that led here, and a strict cookie is then held back.
_HOP = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>GPU contention</title>\n</head>\n'
    f'<body><script>{_GO_ON}</script><noscript><a href="?">Go on</a></noscript></body>\n</html>\n'
)
_NOT_FROM_HERE = "This server answers only at localhost, 127.0.0.1 or [::1]; a proxy in front must set one of these as the Host header."
_NO_TOKEN = "Open the address that tb-contention serve printed; it holds a token that this request lacks."


def panel_alone(routes: Routes, *, prefix: str = "", token: str = "") -> Application:
    """Return the application. prefix: where it lies, like `/p`. token: what who asks must have; "" where only this machine can ask.

    Without a token the Host header must name this machine: else the page of another site could ask through a name that it points here.
    """
    apps = routes.applications() | {"/": application(_page, frozenset({TOKEN}))}
    missing = application(_missing, frozenset())

    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = wrappers.Request(environ)
        whole = environ.get("PATH_INFO", "")
        path = whole[len(prefix) :] if whole == prefix or whole.startswith(f"{prefix}/") else None
        is_page = path in ("", "/")
        stopped = _stopped(request, token, prefix, is_page=is_page)
        if stopped is not None:
            return _careful(stopped)(environ, start_response)
        if path == "" and prefix:
            return _to_folder(request, prefix)(environ, start_response)
        app = missing if path is None else apps.get(path or "/", missing)
        return app({**environ, "QUERY_STRING": ""} if app is missing else environ, start_response)

    return respond


def _stopped(request: wrappers.Request, token: str, prefix: str, *, is_page: bool) -> wrappers.Response | None:
    """Return the answer for who may not ask, or is only on the way in."""
    if not token:
        return None if _is_local(request.environ.get("HTTP_HOST", "")) else _forbidden(request, _NOT_FROM_HERE)
    if is_page and request.method in ("GET", "HEAD") and _is_same(request.args.get(TOKEN, ""), token):
        response = shown(_HOP, _policy(_GO_ON))
        # Cookies know no ports: the name keeps servers of one machine apart.
        response.set_cookie(_cookie(token), token, path=f"{prefix}/", httponly=True, samesite="Strict")
        return response
    return None if _is_same(request.cookies.get(_cookie(token), ""), token) else _forbidden(request, _NO_TOKEN)


def _is_local(host: str) -> bool:
    """Return whether a Host header names this machine, whatever the port: `localhost`, or a loopback address itself."""
    name = host[: host.rfind(":")] if ":" in host and not host.endswith("]") else host
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name[1:-1] if name.startswith("[") and name.endswith("]") else name).is_loopback
    except ValueError:
        return False


def _is_same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def _cookie(token: str) -> str:
    return f"tb_contention_{hashlib.sha256(token.encode()).hexdigest()[:8]}"


def _forbidden(request: wrappers.Request, sentence: str) -> wrappers.Response:
    """Refuse; the panel reads JSON, and people read text."""
    if "/api/" in request.environ.get("PATH_INFO", ""):
        return refused(403, "forbidden", sentence)
    return wrappers.Response(f"{sentence}\n", status=403, content_type="text/plain; charset=utf-8")


def _careful(response: wrappers.Response) -> wrappers.Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _to_folder(request: wrappers.Request, prefix: str) -> wrappers.Response:
    """Lead to the page, which asks for everything beside itself."""
    query = request.environ.get("QUERY_STRING", "")
    response = wrappers.Response(status=308, headers={"Location": f"{prefix}/{'?' if query else ''}{query}"})
    response.autocorrect_location_header = False  # a proxy in front knows the name of this machine better
    return response


def _page(query: Query) -> wrappers.Response:
    response = shown(_PAGE, _policy(_START))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _missing(query: Query) -> wrappers.Response:
    return refused(404, "not-found", "There is nothing at this address.")


def _policy(script: str) -> str:
    """Allow a page its own script and what lies beside it; nothing of another origin, and no frame of one around it."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
        "img-src 'self' data: blob:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
