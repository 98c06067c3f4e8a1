"""The server: this machine alone, a token in the address, nothing changed by looking."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from optimiser.errors import FootprintsError, InputError, tell_system_error
from optimiser.reports import palette

LARGEST_BODY = 1_000_000
"""Bytes of a request: the state of a map of 106 areas is some 10 kB."""
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""Nothing is fetched from elsewhere, shown within another site or kept in a cache."""
REFUSED = (
    "This address is not open here. Use the whole address that `footprints app` printed, on this "
    "machine. A link from an earlier start still holds its plan: put what stands after its # behind "
    "the new address."
)
Answer = Callable[[Any], Any]
"""From the JSON of a request to the JSON of its answer."""


class Gate:
    """Lets in only requests for this machine's own address that know the token."""

    def __init__(self, app: ASGIApp, token: str, hosts: Callable[[], frozenset[str]]) -> None:
        self._app, self._token, self._hosts = app, token, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on without the token in the path."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if not self._may(request):
            refusal = PlainTextResponse(REFUSED, 403, headers=HEADERS)
            await refusal(scope, receive, send)
            return
        path = scope["path"][len(self._token) + 1 :]
        await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send)

    def _may(self, request: Request) -> bool:
        """A name that leads here from elsewhere has a foreign Host; a foreign page a foreign Origin."""
        hosts, origin = self._hosts(), request.headers.get("origin")
        given = request.url.path.split("/")
        return (
            request.headers.get("host", "") in hosts
            and (origin is None or origin in {f"http://{host}" for host in hosts})
            and request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
            and len(given) > 2
            and secrets.compare_digest(given[1].encode(), self._token.encode())
        )


def build_app(
    token: str, hosts: Callable[[], frozenset[str]], first: Future[Any], room: Future[Any]
) -> ASGIApp:
    """The application.

    Args:
        token: first part of every path.
        hosts: what a request may name as its host.
        first: what no move changes (:func:`~optimiser.app.opening.describe_opening`), once it is known.
        room: the :class:`~optimiser.app.room.Room` once it is loaded, or why it cannot be.
    """

    async def answer(request: Request) -> Response:
        body = await request.body()
        if len(body) > LARGEST_BODY:
            return PlainTextResponse("Too large.", 413, headers=HEADERS)
        name = request.path_params["name"]
        return await run_in_threadpool(_answer, lambda: room.result().answers.get(name), body)

    async def opening(_: Request) -> Response:
        return await run_in_threadpool(_answer, lambda: lambda _: first.result(), b"{}")

    async def watch(request: Request) -> Response:
        events = await run_in_threadpool(lambda: room.result().watch(request.path_params["job"]))
        if events is None:
            return PlainTextResponse("There is no such job.", 404, headers=HEADERS)
        return StreamingResponse(_stream(events), media_type="text/event-stream", headers=HEADERS)

    routes = [
        Route("/", lambda _: read_page("page.html")),
        Route("/opening", opening),
        Route("/ask/{name}", answer, methods=["POST"]),
        Route("/jobs/{job}", watch),
        Route("/{file}", lambda request: read_page(request.path_params["file"])),
    ]
    return Gate(Starlette(routes=routes), token, hosts)


def _answer(find: Callable[[], Answer | None], body: bytes) -> Response:
    """An answer as JSON; what a user may do about a failure as 422."""
    try:
        answer = find()
        if answer is None:
            return PlainTextResponse("There is no such question.", 404, headers=HEADERS)
        return JSONResponse(answer(json.loads(body)), headers=HEADERS)
    except FootprintsError as error:
        faults = [fault.as_row() for fault in error.faults] if isinstance(error, InputError) else []
        told = {"error": str(error), "faults": faults}
    except OSError as error:
        told = {"error": tell_system_error(error), "faults": []}
    except ValueError as error:
        told = {"error": f"The page sent what cannot be read: {error}", "faults": []}
    return JSONResponse(told, 422, headers=HEADERS)


def _stream(events: Iterator[Mapping[str, Any] | None]) -> Iterator[str]:
    """Server-sent events; a comment where there is nothing to tell."""
    for event in events:
        yield ": still at work\n\n" if event is None else f"data: {json.dumps(event)}\n\n"


def read_page(name: str) -> Response:
    """A file of the page, from the package; colours are those of every document."""
    place = files("optimiser.app").joinpath("page", name)
    kind = KINDS.get(Path(name).suffix)
    if kind is None or not place.is_file():
        return PlainTextResponse("There is no such page.", 404, headers=HEADERS)
    text = place.read_text(encoding="utf-8")
    if kind == KINDS[".css"]:
        text = Template(text).safe_substitute(
            {key: value for key, value in vars(palette).items() if key.isupper()}
        )
    return Response(text, media_type=kind, headers=HEADERS)
