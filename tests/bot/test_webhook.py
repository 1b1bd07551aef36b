"""The webhook takes updates of who knows the secret, and says 200 when they are on disk."""

import asyncio
import json
import logging
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import pytest_asyncio
from bot_api import BotApi, Json
from catalogues import EN
from small_course import BATCH, LR, SURE, message, read, rows, told

from bot.app import serving
from bot.service import Tutor
from bot.settings import Settings, Webhook
from bot.webhook import MAX_BODY_BYTES, SECRET_HEADER, answers
from data.errors import TutorError
from data.store import Store

SECRET = "s" * 32
RIGHT = {SECRET_HEADER: SECRET}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@asynccontextmanager
async def hooked(api: BotApi, store: Store, tutor: Tutor, port: int) -> AsyncIterator[None]:
    hook = Webhook("https://tutor.example.org/telegram", SECRET, port)
    async with serving(Settings(api.token, api.base_url, api.base_file_url, webhook=hook), tutor, store) as ended:
        yield
        assert not ended.done()


@pytest_asyncio.fixture
async def http(api: BotApi, course: Store, tutor: Tutor) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the bot's webhook."""
    port = free_port()
    async with hooked(api, course, tutor, port), httpx.AsyncClient(trust_env=False) as client:
        client.base_url = f"http://127.0.0.1:{port}"  # type: ignore[assignment]
        yield client


async def post(http: httpx.AsyncClient, update: Json, headers: dict[str, str] = RIGHT) -> int:
    return (await http.post("/telegram", json=update, headers=headers)).status_code


async def test_an_update_is_on_disk_when_it_is_confirmed_and_is_answered(
    http: httpx.AsyncClient, api: BotApi, course: Store
) -> None:
    with sqlite3.connect(course.path) as other:
        assert await post(http, message(1, SURE)) == 200
        assert other.execute("select update_id from inbox").fetchall() == [(1,)]
    assert LR in read(await api.next_sent(7))
    (hook,) = told(api, "setWebhook")
    assert (hook["url"], hook["secret_token"]) == ("https://tutor.example.org/telegram", SECRET)
    assert told(api, "getUpdates") == []


async def test_an_update_that_comes_twice_is_answered_once(http: httpx.AsyncClient, api: BotApi, course: Store) -> None:
    assert [await post(http, message(1, SURE)) for _ in range(3)] == [200] * 3
    assert await post(http, message(2, BATCH)) == 200
    assert LR in read(await api.next_sent(7))
    assert BATCH in read(await api.next_sent(7))
    assert len(rows(course, "select * from questions")) == 2


@pytest.mark.parametrize("headers", [{}, {SECRET_HEADER: ""}, {SECRET_HEADER: SECRET[:-1]}, {SECRET_HEADER: "ß" * 32}])
async def test_who_does_not_know_the_secret_is_refused(
    http: httpx.AsyncClient, course: Store, headers: dict[str, str]
) -> None:
    encoded = {name: value.encode() for name, value in headers.items()}
    assert (await http.post("/telegram", json=message(1, SURE), headers=encoded)).status_code == 403
    assert rows(course, "select * from inbox") == []


async def test_the_secret_is_asked_for_before_the_body_is_read(http: httpx.AsyncClient) -> None:
    with socket.create_connection((http.base_url.host, http.base_url.port or 0)) as connection:
        connection.setblocking(False)
        head = f"POST /telegram HTTP/1.1\r\nHost: x\r\n{SECRET_HEADER}: wrong\r\nContent-Length: 900000\r\n\r\n"
        connection.sendall(head.encode())  # and no byte of the body
        assert await first_line(connection) == b"HTTP/1.1 403 Forbidden"


async def first_line(connection: socket.socket) -> bytes:
    async with asyncio.timeout(5):
        answer = await asyncio.get_running_loop().sock_recv(connection, 4096)
    return answer.split(b"\r\n")[0]


async def test_a_body_that_is_too_long_is_not_taken(http: httpx.AsyncClient, course: Store) -> None:
    try:
        answer = await http.post("/telegram", content=b" " * (MAX_BODY_BYTES + 1), headers=RIGHT)
        assert answer.status_code in (400, 413)
    except httpx.TransportError:
        pass  # the connection is closed while the body is on its way
    assert rows(course, "select * from inbox") == []
    assert await post(http, message(1, SURE)) == 200


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', "{}", '{"update_id": "1"}', '{"update_id": true}'])
async def test_what_is_no_update_is_refused(
    http: httpx.AsyncClient, course: Store, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await http.post("/telegram", content=body, headers=RIGHT)).status_code == 400
    assert rows(course, "select * from inbox") == []
    assert "no update" in caplog.text


async def test_an_update_that_cannot_be_read_is_kept_and_not_sent_again(
    http: httpx.AsyncClient, course: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    strange = {"update_id": 5, "message": {"message_id": "x", "text": "private words"}}
    assert await post(http, strange) == 200
    ((state, payload),) = [(row["state"], row["payload"]) for row in rows(course, "select * from inbox")]
    assert (state, json.loads(payload)) == ("failed", strange)
    assert "private words" not in "".join(
        r.getMessage() for r in caplog.records if r.name.startswith(("bot", "tornado"))
    )


async def test_while_nothing_can_be_written_telegram_keeps_the_update_and_the_person_is_told(
    http: httpx.AsyncClient, api: BotApi, course: Store
) -> None:
    course.write(lambda db: db.execute("alter table inbox rename to hidden"))
    assert await post(http, message(1, SURE)) == 503
    assert read(await api.next_sent(7)) == EN.not_recorded
    course.write(lambda db: db.execute("alter table hidden rename to inbox"))
    assert await post(http, message(1, SURE)) == 200
    assert LR in read(await api.next_sent(7))


async def test_a_listener_that_is_alive_answers_whoever_asks_and_says_nothing(http: httpx.AsyncClient) -> None:
    hook = Webhook("https://tutor.example.org/telegram", SECRET, http.base_url.port or 0)
    assert await asyncio.to_thread(answers, hook)


async def test_other_paths_and_methods_lead_nowhere(http: httpx.AsyncClient) -> None:
    assert (await http.get("/telegram", headers=RIGHT)).status_code in (403, 405)
    assert (await http.post("/other", headers=RIGHT, json=message(1, SURE))).status_code == 404


async def test_a_port_that_is_taken_is_said(api: BotApi, course: Store, tutor: Tutor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(TutorError, match=f"port {port} cannot be used"):
            async with hooked(api, course, tutor, port):
                pass
