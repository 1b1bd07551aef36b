"""A bot in a process of its own: alone, told to end, killed, and refused by Telegram."""

import asyncio
import signal
import socket
from pathlib import Path

from bot_api import BotApi, Fault
from catalogues import EN
from forked import Bot
from processes import START_S, bot_run, environment, outcome, start
from small_course import BATCH, LR, SURE, UNSURE, WARM_UP, fill, read, rows, told

from data.store import Store


async def test_chat_in_a_pipe_answers_line_by_line(course: Store, models: Path) -> None:
    lines = [UNSURE, "1", SURE, "+", "/course zh", "/help", f"{BATCH}\xff", "/quit", WARM_UP]
    chat = await start(environment(course, models), "chat", "--course", "ml")
    code, out, err = await outcome(chat, "\n".join(lines).encode("latin-1"))
    assert (code, err) == (0, "")
    for said in (EN.thanks, EN.suggest, EN.course_chosen.format(course="机器学习")):
        assert said in out
    assert [row["text"] for row in rows(course, "select text from questions")] == [UNSURE, SURE, f"{BATCH}\ufffd"]
    assert [row["vote"] for row in rows(course, "select vote from feedback")] == ["chosen", "up"]


async def test_run_answers_alone_until_it_is_told_to_end(api: BotApi, course: Store, models: Path) -> None:
    async with bot_run(api, course, models, from_nothing=True) as first:
        api.send_text(7, SURE)
        assert LR in read(await api.next_sent(7, timeout_s=START_S))
        async with bot_run(api, course, models) as second:
            code, _, err = await outcome(second)
            assert (code, "already running" in err, "Traceback" in err) == (1, True, False)
        first.send_signal(signal.SIGTERM)
        code, out, err = await outcome(first)
    assert (code, out) == (0, "")
    assert "1:TEST" not in err
    assert SURE not in err
    assert "Traceback" not in err


async def test_a_second_bot_with_the_same_token_is_refused_whatever_its_store(
    api: BotApi, course: Store, models: Path, tmp_path: Path
) -> None:
    with Store(tmp_path / "other.db") as other:
        other.write(fill)
        async with bot_run(api, course, models):
            api.send_text(7, SURE)
            await api.next_sent(7, timeout_s=START_S)
            async with bot_run(api, other, models) as second:
                code, _, err = await outcome(second)
    assert (code, "already running with this token" in err, "1:TEST" in err) == (1, True, False)


async def test_a_second_signal_ends_the_process_at_once_and_loses_nothing(
    api: BotApi, course: Store, models: Path
) -> None:
    api.fail("sendMessage", Fault.hang(START_S))
    async with bot_run(api, course, models) as hurried:
        update = api.send_text(7, SURE)
        await api.wait_until(lambda: told(api, "sendMessage"), timeout_s=START_S)
        for _ in range(2):
            hurried.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.5)  # within what the hanging message is waited for
        code, _, err = await outcome(hurried)
    assert (code, "Traceback" in err) == (-signal.SIGTERM, False)
    assert [row["update_id"] for row in rows(course, "select * from outbox")] == [update]
    async with bot_run(api, course, models):
        assert LR in read(await api.next_sent(7, timeout_s=START_S))


async def test_everything_asked_of_a_bot_that_is_killed_is_answered_by_the_next_until_its_token_is_withdrawn(
    api: BotApi, course: Store, models: Path
) -> None:
    people = range(10, 16)
    api.fail("sendMessage", *[Fault.hang(START_S)] * len(people))
    async with bot_run(api, course, models) as killed:
        updates = [api.send_text(user, text) for text in (SURE, BATCH) for user in people]
        await api.wait_confirmed(updates[-1], timeout_s=START_S)
        await api.wait_until(lambda: len(told(api, "sendMessage")) == len(people), timeout_s=START_S)
        killed.kill()
        await killed.communicate()
    assert api.sent == []
    async with bot_run(api, course, models) as heir:
        for user in people:
            assert LR in read(await api.next_sent(user, timeout_s=START_S))
            assert BATCH in read(await api.next_sent(user, timeout_s=START_S))
        last = api.send_text(99, "/help")
        await api.wait_confirmed(last, timeout_s=START_S)
        await api.next_sent(99, timeout_s=START_S)
        api.token = "1:OTHER"
        code, _, err = await outcome(heir)
    assert code == 1
    assert err.splitlines()[-1].startswith("error: Telegram refuses the token")
    assert "1:TEST" not in err
    assert "Traceback" not in err
    assert len(api.sent) == len(updates) + 1
    refs = [row["ref"] for row in rows(course, "select ref from questions")]
    assert sorted(refs) == sorted(f"telegram:{update}" for update in updates)


async def test_a_token_that_telegram_refuses_is_said_and_not_shown(api: BotApi, course: Store, models: Path) -> None:
    token = "123456:WRONG-but-secret"
    async with bot_run(api, course, models, token) as process:
        code, out, err = await outcome(process)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith("error: Telegram refuses the token")
    assert "WRONG-but-secret" not in err
    assert "Traceback" not in err


async def test_a_telegram_that_cannot_be_reached_is_said_with_where(
    course: Store, models: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = f"http://127.0.0.1:{server.getsockname()[1]}"
    known = environment(course, models, TELEGRAM_BOT_TOKEN="1:TEST", TELEGRAM_BASE_URL=f"{closed}/bot")
    code, out, err = await outcome(Bot(tmp_path, ["run"], known))
    assert (code, out) == (1, "")
    assert f"cannot be reached at {closed} " in err.splitlines()[-1]
    assert "1:TEST" not in err
    assert "Traceback" not in err
