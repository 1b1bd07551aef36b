"""Figures for Prometheus and a sign of health, on the loopback alone: /metrics and /healthz.

What the bot counts stands here as module-level metrics, as is the custom of prometheus-client; what can be looked up
(queues, age, backlog, model) is read when it is asked for. No figure tells one person from another.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlite_utils import Database

from bot.engine import Engine
from data import settings
from data.errors import TutorError
from data.records import now
from data.store import Store

LOOPBACK = "127.0.0.1"
REQUEST_TIMEOUT_S = 5.0
SILENT_S = 60.0  # a request for updates ends after some ten seconds
BUCKETS_S = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)

QUESTIONS = Counter("tutor_questions", "Questions recorded, by decision.", ["decision"])
VOTES = Counter("tutor_votes", "Reactions recorded, by vote.", ["vote"])
REPLY_SECONDS = Histogram("tutor_reply_seconds", "From an update's receipt to its first reply sent.", buckets=BUCKETS_S)

_heard_at = -SILENT_S


def heard() -> None:
    """Note that Telegram has answered a request for updates."""
    global _heard_at
    _heard_at = time.monotonic()


def polling() -> bool:
    """Whether Telegram was heard a short while ago."""
    return time.monotonic() - _heard_at < SILENT_S


def replied(received_at: str | None) -> None:
    """Note that the first reply to an update was sent; None for anything else that was sent."""
    if received_at is not None:
        REPLY_SECONDS.observe(_age_s(received_at))


class Gauges(Collector):
    """What is looked up for each request: queues and their age, the model that serves, texts without a vector."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store = store
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        """See prometheus-client."""
        for name, row in self._store.read(_queues).items():
            yield GaugeMetricFamily(f"tutor_{name}_waiting", f"What waits in the {name}.", row["waiting"])
            oldest = f"Age of the oldest that waits in the {name}."
            yield GaugeMetricFamily(f"tutor_{name}_oldest_seconds", oldest, _age_s(row["oldest"]))
            yield GaugeMetricFamily(f"tutor_{name}_failed", f"What was set aside in the {name}.", row["failed"])
        model = GaugeMetricFamily("tutor_model", "1 for the version that serves.", labels=["version"])
        model.add_metric([self._engine.model], 1)
        yield model
        yield GaugeMetricFamily("tutor_embedding_backlog", "Texts without a vector.", self._engine.embedding)


@contextmanager
def served(port: int | None, store: Store, engine: Engine, wrong: Callable[[], str]) -> Iterator[None]:
    """Answer on this port (None: do nothing) while the block runs; `wrong` says what is, "" if nothing.

    Raises TutorError if the port is taken.
    """
    if port is None:
        yield
        return
    gauges = CollectorRegistry()
    gauges.register(Gauges(store, engine))
    try:
        server = HTTPServer((LOOPBACK, port), _handler(store, gauges, wrong))
    except OSError as error:
        reason = f"{LOOPBACK}:{port} cannot be listened on ({error.strerror})"
        raise TutorError(f"{reason}: choose another TUTOR_METRICS_PORT") from error
    # One thread answers one request after another: it reads the store by one connection of its own.
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def health(store: Store, wrong: Callable[[], str]) -> tuple[HTTPStatus, str]:
    """Return 200 if nothing is wrong and the store can be written, else 503 and what is wrong."""
    if told := wrong():
        return HTTPStatus.SERVICE_UNAVAILABLE, told
    try:
        store.write(_beat)
    except TutorError as error:
        return HTTPStatus.SERVICE_UNAVAILABLE, str(error)
    return HTTPStatus.OK, "ok"


def _handler(store: Store, gauges: CollectorRegistry, wrong: Callable[[], str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = REQUEST_TIMEOUT_S

        def do_GET(self) -> None:
            kind = "text/plain; charset=utf-8"
            if self.path == "/metrics":
                status, body, kind = (
                    HTTPStatus.OK,
                    generate_latest(REGISTRY) + generate_latest(gauges),
                    CONTENT_TYPE_LATEST,
                )
            elif self.path == "/healthz":
                status, said = health(store, wrong)
                body = f"{said}\n".encode()
            else:
                status, body = HTTPStatus.NOT_FOUND, b"see /metrics and /healthz\n"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep silent: a request every few seconds is no news."""

    return Handler


def _queues(db: Database) -> dict[str, dict[str, Any]]:
    sql = """select ifnull(sum(state = 'waiting'), 0) as waiting, ifnull(sum(state = 'failed'), 0) as failed,
             min({at}) filter (where state = 'waiting') as oldest from {table} where state in ('waiting', 'failed')"""
    names = {"inbox": "received_at", "outbox": "created_at"}
    return {table: next(iter(db.query(sql.format(table=table, at=at)))) for table, at in names.items()}


def _beat(db: Database) -> None:
    """Write something, with all that a commit needs of the disk."""
    settings.put(db, "alive_at", now())


def _age_s(at: str | None) -> float:
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()) if at else 0.0
