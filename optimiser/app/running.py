"""Opening the page: a server in a thread of its own, with an address that holds a token."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from optimiser.app.serving import build_app
from optimiser.errors import Fault, InputError

if TYPE_CHECKING:
    from optimiser.inputs.scenario.scenario import Scenario

LOOPBACK = "127.0.0.1"
PORT = 8765
"""Asked for first, so that a link from an earlier start differs by its token alone."""
SECONDS_TO_END = 3.0
"""Given to requests under way when the server ends."""


@dataclass
class OpenApp:
    """A page that is open.

    Attributes:
        address: what to open in a browser on this machine.
    """

    address: str
    _server: uvicorn.Server
    _thread: threading.Thread
    _room: Future[Any] = field(default_factory=Future)

    def wait(self) -> None:
        """Wait until it is closed; Ctrl-C is heard."""
        while self._thread.is_alive():
            self._thread.join(0.5)

    def close(self) -> None:
        """End the server and all it began."""
        self._server.should_exit = True
        self._thread.join(SECONDS_TO_END)
        if not self._room.cancel() and self._room.exception() is None:
            self._room.result().close()

    def __enter__(self) -> OpenApp:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_app(subject: Scenario | str | Path, port: int | None = None) -> OpenApp:
    """Open the what-if page of a scenario or a saved run on this machine.

    The server is up at once; the inputs are read while the browser starts. Faults of the inputs are
    shown on the page.

    Args:
        subject: a scenario, its file, or the folder of a saved run, whose plan is begun with.
        port: of the address; 8765, or any that is free where that is taken, when None.

    Returns:
        the open page; close it, or use it as a context manager.

    Raises:
        InputError: the port is taken.
    """
    listener = _listen(port)
    number = listener.getsockname()[1]
    token = secrets.token_urlsafe(16)
    hosts = frozenset({f"{LOOPBACK}:{number}", f"localhost:{number}"})
    first: Future[Any] = Future()
    room: Future[Any] = Future()
    config = uvicorn.Config(
        build_app(token, lambda: hosts, first, room),
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=1,
        lifespan="off",
        ws="none",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    threading.Thread(target=_load, args=(subject, first, room), daemon=True).start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    return OpenApp(f"http://{LOOPBACK}:{number}/{token}/", server, thread, room)


def _listen(port: int | None) -> socket.socket:
    for number in [PORT, 0] if port is None else [port]:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, number))
        except OSError:
            listener.close()
            continue
        return listener
    remedy = "Another program uses it. Name another with --port, or none for any that is free."
    raise InputError([Fault("--port", 0, "", str(port), "free_port", remedy)])


def _load(subject: Scenario | str | Path, first: Future[Any], room: Future[Any]) -> None:
    """Read the inputs, then load the engine while the browser draws; what goes wrong is for the page."""
    if not room.set_running_or_notify_cancel():  # closed before it began
        return
    try:
        from optimiser.app.desk import find_roadmap, find_subject, open_desk
        from optimiser.app.opening import describe_opening

        desk = open_desk(*find_subject(subject))
        desk.roadmap = find_roadmap(subject)
        first.set_result(describe_opening(desk))
        from optimiser.app.room import Room

        room.set_result(Room(desk))
    except BaseException as error:  # whoever asks hears of it
        for future in (first, room):
            if not future.done():
                future.set_exception(error)
