"""What was set aside can be looked at, tried again and dropped, also while the bot runs."""

import json
import sys
from collections.abc import Callable

import pytest
from bot_api import BotApi, Fault
from small_course import BATCH, LR, SURE, message, read, rows, running

from bot.__main__ import main
from bot.inbox import Inbox
from bot.service import Tutor
from data.cli import run
from data.store import Store

Cli = Callable[..., tuple[int, str, str]]
STRANGE = {"update_id": 5, "message": {"message_id": "x", "text": "private words"}}


@pytest.fixture
def cli(course: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run `python -m bot quarantine` in this process; return its exit code and what it wrote."""

    def call(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bot", "quarantine", *args, "--db", str(course.path)])
        with pytest.raises(SystemExit) as left:
            run(main, "bot")
        return int(left.value.code or 0), *capsys.readouterr()

    return call


async def test_what_is_set_aside_is_listed_without_what_it_says_and_shown_on_demand(cli: Cli, course: Store) -> None:
    assert cli() == (0, "", "")
    await Inbox(course).receive([STRANGE])
    code, out, _ = cli()
    assert (code, out.startswith("5  "), "cannot be read" in out, "private" in out) == (0, True, True, False)
    assert json.loads(cli("--json")[1])["failed"][0]["what"] == "update"
    assert json.loads(cli("--show", "5", "--json")[1]) == {"said": [STRANGE]}
    assert "private words" in cli("--show", "5")[1]


async def test_what_is_dropped_is_forgotten_but_its_id_is_known(cli: Cli, course: Store) -> None:
    await Inbox(course).receive([STRANGE])
    assert cli("--drop", "5")[0] == 0
    assert rows(course, "select state, payload, error from inbox") == [{"state": "done", "payload": None, "error": ""}]
    assert await Inbox(course).receive([STRANGE]) == 0
    assert cli() == (0, "", "")


@pytest.mark.parametrize("option", ["--show", "--replay", "--drop"])
def test_an_update_that_is_not_there_is_refused(cli: Cli, option: str) -> None:
    code, out, err = cli(option, "7")
    assert (code, out) == (1, "")
    assert "update 7 is not in the quarantine" in err


def test_one_thing_at_a_time(cli: Cli) -> None:
    assert cli("--show", "1", "--drop", "1")[0] == 2


async def test_an_update_that_is_tried_again_is_answered_by_the_bot_that_runs(
    cli: Cli, api: BotApi, course: Store, tutor: Tutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.lanes.POLL_S", 0.05)
    inbox = Inbox(course)
    await inbox.receive([message(1, SURE)])
    await inbox.quarantine(1, "a fault that is mended now")
    async with running(api, course, tutor):
        assert cli("--replay", "1")[0] == 0
        assert LR in read(await api.next_sent(7))


async def test_a_message_that_telegram_never_takes_is_set_aside_stops_no_other_and_can_be_sent_later(
    cli: Cli, api: BotApi, course: Store, tutor: Tutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.lanes.POLL_S", 0.05)
    api.fail("sendMessage", Fault((400, b'{"ok": false, "description": "Bad Request: message is too odd"}')))
    async with running(api, course, tutor):
        first = api.send_text(7, SURE)
        api.send_text(7, BATCH)
        assert BATCH in read(await api.next_sent(7))
        code, out, _ = cli()
        assert (code, out.split("  ")[2], "too odd" in out) == (0, "sendMessage", True)
        cli("--replay", str(first))
        assert LR in read(await api.next_sent(7))
    assert rows(course, "select * from outbox") == []


async def test_what_was_given_up_for_someone_who_blocked_the_bot_can_only_be_dropped(
    cli: Cli, api: BotApi, course: Store, tutor: Tutor
) -> None:
    api.fail("sendMessage", Fault.blocked())
    async with running(api, course, tutor):
        first = api.send_text(7, SURE)
        await api.wait_until(lambda: rows(course, "select * from outbox where state = 'failed'"))
    assert rows(course, "select params from outbox") == [{"params": None}]
    assert rows(course, "select blocked_at is null as well from chats") == [{"well": 0}]
    assert cli("--replay", str(first))[0] == 1
    assert cli("--drop", str(first))[0] == 0
    assert rows(course, "select * from outbox") == []
    async with running(api, course, tutor):
        api.send_text(7, BATCH)
        assert BATCH in read(await api.next_sent(7))
    assert rows(course, "select blocked_at is null as well from chats") == [{"well": 1}]
