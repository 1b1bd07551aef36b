"""Datasette on the store: ready-made pages for teachers, and the tables of what teachers wrote themselves.

Read-only, on the loopback address, for whoever has the link that is printed: other people of this machine reach the
port too. Whatever is not named here is shown to nobody, new tables included; what students wrote is scrubbed on its
way out.
"""

import secrets
import socket
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pluggy
import uvicorn
from datasette.app import Datasette
from datasette.plugins import pm

from data.errors import TutorError
from data.scrub import scrub

HOST = "127.0.0.1"
PAGES = tomllib.loads(Path(__file__).with_name("pages.toml").read_text(encoding="utf-8"))
TABLES = ("courses", "entries", "alternates")
MAX_QUERY_MS = 10_000
OWNER = "root"  # whom Datasette signs in by the link

_hook = pluggy.HookimplMarker("datasette")


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """Listen on a port of this machine. Raises TutorError if another program does."""
    with socket.socket() as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            own.bind((HOST, port))
        except OSError as error:
            raise TutorError(f"port {port}: {error.strerror}; choose another with --port") from error
        yield own


def prepare(path: Path, listener: socket.socket) -> tuple[str, Callable[[], None]]:
    """Return the link that signs in, once, and the function that serves the store until it is interrupted."""
    name = path.stem
    # It would print every variable when something fails, what students wrote among them.
    pm.get_plugin("datasette.handle_exception").rich = None
    if not pm.has_plugin(__name__):
        pm.register(sys.modules[__name__], __name__)
    datasette = Datasette(
        [str(path)],
        metadata={"title": "Course tutor", "databases": {name: {"source": path.name, "queries": PAGES}}},
        settings={
            "default_allow_sql": False,
            "allow_download": False,
            "allow_csv_stream": False,
            "sql_time_limit_ms": MAX_QUERY_MS,
            "num_sql_threads": 2,
        },
        secret=secrets.token_hex(32),
    )
    link = f"http://{HOST}:{listener.getsockname()[1]}/-/auth-token?token={datasette._root_token}"
    config = uvicorn.Config(datasette.app(), log_level="warning", access_log=False, lifespan="on")
    return link, partial(uvicorn.Server(config).run, sockets=[listener])


@_hook
def permission_allowed(actor: dict[str, Any] | None, action: str, resource: Any) -> bool:  # noqa: ANN401
    """Let the owner see the pages and the named tables, and nobody anything else."""
    if actor is None or actor.get("id") != OWNER:
        return False
    if action == "view-table":
        return resource[1] in TABLES
    if action == "view-database":
        return bool(resource != "_internal")
    return action in ("view-instance", "view-query")


@_hook
def prepare_connection(conn: Connection) -> None:
    """Give SQL the function that takes people out of a text."""
    conn.create_function("scrub", 1, _scrubbed, deterministic=True)


def _scrubbed(text: str | None) -> str | None:
    return None if text is None else scrub(text)
