"""Where does one try operations in a browser? On the GraphiQL page; where it is not built, on a plain form.

Both load everything from this server and speak to nobody else. `make graphiql` builds GraphiQL into
`static/`, which goes into wheel and image if it is there; nothing of it is committed.
"""

import hashlib
import html
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

_HERE: Final = Path(__file__).parent
BUILT: Final = _HERE / "static"
"""Where the build puts GraphiQL."""

OURS: Final = _HERE / "console"
EXAMPLE: Final = OURS / "example.graphql"
"""The operations that both pages begin with."""

_ENTRY: Final = "console.js"
_OF_THE_FORM: Final = ("api.js", "plain.js", "plain.css")
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}

_NOBODY_ELSE: Final = (
    "default-src 'none'; connect-src 'self'; script-src 'self'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
_FORM_POLICY: Final = f"{_NOBODY_ELSE}; style-src 'self'"
_GRAPHIQL_POLICY: Final = (
    f"{_NOBODY_ELSE}; worker-src 'self'; font-src data:; style-src 'self' 'unsafe-inline'"
)
"""Scripts come from files of this server only; the editor writes its styles into the page as it runs."""

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class _Part(NamedTuple):
    """A file that a page loads."""

    path: Path
    media_type: str
    etag: str


class Console:
    """The page, and the files that it loads."""

    def __init__(self, built: Path = BUILT) -> None:
        self.has_graphiql = (built / _ENTRY).is_file()
        self._html = _page("console.html" if self.has_graphiql else "plain.html")
        self._policy = _GRAPHIQL_POLICY if self.has_graphiql else _FORM_POLICY
        files = sorted(built.iterdir()) if self.has_graphiql else [OURS / name for name in _OF_THE_FORM]
        self._parts: Mapping[str, _Part] = {path.name: _part(path) for path in files if path.suffix in _TYPES}

    def page(self) -> Response:
        """The page; it holds nothing that is not public."""
        return HTMLResponse(
            self._html,
            headers={
                **_HEADERS,
                "Cache-Control": "no-store",
                "Vary": "Accept",
                "X-Frame-Options": "DENY",
                "Content-Security-Policy": self._policy,
            },
        )

    def routes(self) -> list[Route]:
        """`/graphql/static/...`."""
        return [Route("/graphql/static/{name}", self._file)]

    async def _file(self, request: Request) -> Response:
        part = self._parts.get(request.path_params["name"])
        if part is None:
            return Response(status_code=HTTPStatus.NOT_FOUND, headers=_HEADERS)
        headers = {
            **_HEADERS,
            "Cache-Control": "no-cache",
            "ETag": part.etag,
            "Content-Security-Policy": _NOBODY_ELSE,
        }
        if request.headers.get("if-none-match") == part.etag:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return FileResponse(part.path, media_type=part.media_type, headers=headers)


def _page(name: str) -> str:
    example = EXAMPLE.read_text(encoding="utf-8")
    return (OURS / name).read_text(encoding="utf-8").replace("{{example}}", html.escape(example))


def _part(path: Path) -> _Part:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
    return _Part(path, f"{_TYPES[path.suffix]}; charset=utf-8", f'"{digest}"')
