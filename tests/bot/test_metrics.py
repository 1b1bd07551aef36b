"""Figures and health on the loopback: what is counted, what is looked up, and when a bot is well."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest
from bot_api import BotApi
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from small_course import SURE, running, told

from bot import metrics
from bot.engine import Engine
from bot.service import Tutor
from data.errors import TutorError
from data.store import Store


@dataclass
class Place:
    """Where the figures are served, and what is said to be wrong."""

    port: int
    wrong: str = ""

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as client:
            client.request(method, path)
            answer = client.getresponse()
            return answer.status, answer.read().decode()

    def figures(self) -> dict[str, float]:
        status, body = self.get("/metrics")
        assert status == 200
        samples = [s for family in text_string_to_metric_families(body) for s in family.samples]
        return {s.name + "".join(f"[{value}]" for value in s.labels.values()): s.value for s in samples}


@contextmanager
def served(store: Store, engine: Engine) -> Iterator[Place]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = Place(free.getsockname()[1])
    with metrics.served(place.port, store, engine, lambda: place.wrong):
        yield place


def test_what_waits_and_what_serves_is_looked_up(course: Store, shared_engine: Engine) -> None:
    with served(course, shared_engine) as place:
        before = place.figures()
        assert (before["tutor_inbox_waiting"], before["tutor_inbox_oldest_seconds"]) == (0, 0)
        assert before["tutor_model[0001]"] == 1
        assert before["tutor_embedding_backlog"] == 0
        rows = [
            (1, "waiting", "2020-01-01T00:00:00.000Z"),
            (2, "waiting", "2021-01-01T00:00:00.000Z"),
            (3, "failed", ""),
        ]
        sql = "insert into inbox (update_id, state, received_at) values (?, ?, ?)"
        course.write(lambda db: db.conn.executemany(sql, rows))
        after = place.figures()
    assert (after["tutor_inbox_waiting"], after["tutor_inbox_failed"], after["tutor_outbox_waiting"]) == (2, 1, 0)
    assert after["tutor_inbox_oldest_seconds"] > 5 * 365 * 86400


async def test_what_happens_is_counted(api: BotApi, course: Store, tutor: Tutor) -> None:
    names = {
        "tutor_questions_total": {"decision": "answer"},
        "tutor_votes_total": {"vote": "up"},
        "tutor_reply_seconds_count": {},
    }

    def counted() -> list[float]:
        return [REGISTRY.get_sample_value(name, labels) or 0.0 for name, labels in names.items()]

    before = counted()
    async with running(api, course, tutor):
        api.send_text(7, SURE)
        update = api.press(7, await api.next_sent(7), "👍")
        await api.wait_until(lambda: told(api, "answerCallbackQuery"))
        await api.wait_confirmed(update)
        assert metrics.polling()
    assert [after - old for after, old in zip(counted(), before, strict=True)] == [1, 1, 2]


def test_a_reply_is_timed_from_the_receipt_and_never_below_nothing() -> None:
    def count() -> float:
        return REGISTRY.get_sample_value("tutor_reply_seconds_count") or 0.0

    before = count(), REGISTRY.get_sample_value("tutor_reply_seconds_sum") or 0.0
    metrics.replied(None)
    assert count() == before[0]
    metrics.replied("2999-01-01T00:00:00.000Z")
    assert (count(), REGISTRY.get_sample_value("tutor_reply_seconds_sum")) == (before[0] + 1, before[1])


def test_a_bot_is_well_if_updates_arrive_and_the_store_can_be_written(course: Store, shared_engine: Engine) -> None:
    with served(course, shared_engine) as place:
        assert place.get("/healthz") == (200, "ok\n")
        place.wrong = "no word from Telegram"
        assert place.get("/healthz") == (503, "no word from Telegram\n")
        place.wrong = ""
        course.write(lambda db: db.execute("alter table settings rename to hidden"))
        status, said = place.get("/healthz")
        assert (status, "no such table" in said) == (503, True)
        course.write(lambda db: db.execute("alter table hidden rename to settings"))
        assert place.get("/healthz")[0] == 200


def test_polling_is_alive_for_a_while_after_each_word_of_telegram(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_heard_at", -metrics.SILENT_S)
    metrics.heard()
    assert metrics.polling()
    monkeypatch.setattr(metrics, "_heard_at", metrics._heard_at - metrics.SILENT_S)
    assert not metrics.polling()


def test_other_paths_and_methods_are_refused(course: Store, shared_engine: Engine) -> None:
    with served(course, shared_engine) as place:
        assert place.get("/")[0] == 404
        assert place.get("/metrics", "POST")[0] == 501
        assert place.get("/metrics")[0] == 200


def test_without_a_port_nothing_is_served_and_a_taken_one_is_said(course: Store, shared_engine: Engine) -> None:
    with metrics.served(None, course, shared_engine, str):
        pass
    with (
        served(course, shared_engine) as place,
        pytest.raises(TutorError, match="TUTOR_METRICS_PORT"),
        metrics.served(place.port, course, shared_engine, str),
    ):
        pass
    with closing(socket.socket()) as client, pytest.raises(ConnectionRefusedError):
        client.connect(("127.0.0.1", place.port))


def test_only_the_loopback_is_listened_on(course: Store, shared_engine: Engine) -> None:
    # The port is free on another address: it is not taken on all of them.
    with served(course, shared_engine) as place, socket.create_server(("127.0.0.2", place.port)):
        assert place.get("/metrics")[0] == 200
