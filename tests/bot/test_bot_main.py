"""The command line of the bot: what it prints, what it refuses, and a bot that survives a kill."""

import asyncio
import io
import json
import os
import signal
import socket
import sqlite3
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bot_api import BotApi, Fault
from catalogues import EN
from forked import Bot
from small_course import BATCH, FOREIGN, LR, SURE, SURE_ZH, UNSURE, WARM_UP, fill, read, rows, told

from bot.__main__ import main
from data.cli import run
from data.entries import add_course
from data.store import Store

ROOT = Path(__file__).parent.parent.parent
START_S = 60.0  # on a busy machine
KEYS = {"id", "question", "answer", "section", "source_url", "score", "probability"}

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(course: Store, models: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run a command in this process; return its exit code and what it wrote."""

    def call(*args: str, db: Path = course.path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bot", *args, "--db", str(db), "--models", str(models)])
        with pytest.raises(SystemExit) as left:
            run(main, "bot")
        return int(left.value.code or 0), *capsys.readouterr()

    return call


def environment(store: Store, models: Path, **more: str) -> dict[str, str]:
    """The environment of a process with this store and these models, and nothing of our own bot's in it."""
    names = ("TELEGRAM", "TUTOR", "LC_", "LANG")
    known = {name: value for name, value in os.environ.items() if not name.startswith(names)}
    where = {"TUTOR_DB": str(store.path), "TUTOR_MODELS": str(models), "LC_ALL": "C.UTF-8"}
    return known | where | more


async def start(known: dict[str, str], *args: str) -> Process:
    """Start `python -m bot` from nothing."""
    command = [sys.executable, "-m", "bot", *args]
    return await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=ROOT, env=known)


async def outcome(process: Process | Bot, said: bytes = b"") -> tuple[int | None, str, str]:
    """Wait for its end; return its exit code and what it wrote."""
    async with asyncio.timeout(START_S):
        out, err = await process.communicate(said)
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def bot_run(
    api: BotApi, store: Store, models: Path, token: str = "1:TEST", from_nothing: bool = False
) -> AsyncIterator[Process | Bot]:
    """`python -m bot run` on the local Bot API, killed at the end if it still runs."""
    urls = {"TELEGRAM_BASE_URL": api.base_url, "TELEGRAM_BASE_FILE_URL": api.base_file_url}
    known = environment(store, models, TELEGRAM_BOT_TOKEN=token, **urls)
    with tempfile.TemporaryDirectory() as folder:
        process = await start(known, "run") if from_nothing else Bot(Path(folder), ["run"], known)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()


def test_ask_shows_the_answer_with_section_and_source(cli: Cli, course: Store) -> None:
    code, out, err = cli("ask", SURE, "--lang", "en")
    assert (code, err) == (0, "")
    assert LR in out
    assert "Start with 2e-5 & halve it where the loss < 0 jumps." in out
    assert "https://example.org/lr?a=1&b=2" in out
    assert rows(course, "select * from questions") == []


def test_ask_when_unsure_shows_what_may_be_meant(cli: Cli) -> None:
    code, out, _ = cli("ask", UNSURE, "--lang", "en")
    assert code == 0
    assert EN.suggest in out
    assert "ml/warm-up" in out


def test_ask_abstains_with_exit_code_0(cli: Cli) -> None:
    code, out, _ = cli("ask", FOREIGN, "--lang", "en")
    assert (code, out) == (0, EN.do_not_know + "\n")


@pytest.mark.parametrize(("question", "decision"), [(SURE, "answer"), (UNSURE, "suggest"), (FOREIGN, "abstain")])
def test_ask_gives_json_of_the_contract(cli: Cli, course: Store, question: str, decision: str) -> None:
    code, out, err = cli("ask", question, "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert answer.keys() == {"decision", "confidence", "candidates"}
    assert answer["decision"] == decision
    assert len(answer["candidates"]) == 5
    assert all(candidate.keys() >= KEYS for candidate in answer["candidates"])
    probabilities = [candidate["probability"] for candidate in answer["candidates"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert answer["confidence"] == probabilities[0]
    assert rows(course, "select * from questions") == []


def test_ask_searches_the_course_that_is_named(cli: Cli) -> None:
    _, out, _ = cli("ask", SURE_ZH, "--course", "zh", "--json")
    assert json.loads(out)["candidates"][0]["id"] == "transfer"
    _, out, _ = cli("ask", SURE_ZH, "--course", "ml", "--json")
    assert "transfer" not in [candidate["id"] for candidate in json.loads(out)["candidates"]]


@pytest.mark.parametrize(
    ("args", "reason"),
    [(("--course", "old"), "there are: ml, zh"), (("--course", ""), "there are: ml, zh")],
)
def test_ask_refuses_an_unknown_course(cli: Cli, args: tuple[str, ...], reason: str) -> None:
    code, out, err = cli("ask", SURE, *args)
    assert (code, out) == (1, "")
    assert err.startswith("error: ")
    assert reason in err


@pytest.mark.parametrize(("question", "reason"), [("x" * 4001, "4,001"), ("?", "no words"), ("", "no words")])
def test_ask_refuses_what_is_no_question(cli: Cli, question: str, reason: str) -> None:
    code, out, err = cli("ask", question)
    assert (code, out) == (1, "")
    assert reason in err


def test_ask_takes_a_question_that_the_terminal_could_not_decode(cli: Cli) -> None:
    code, out, _ = cli("ask", f"{SURE[:-1]}\udcff")
    assert code == 0
    assert LR in out


@pytest.mark.parametrize("command", [("ask", SURE), ("chat",)])
def test_without_a_store_the_commands_say_how_to_get_one(cli: Cli, command: tuple[str, ...], tmp_path: Path) -> None:
    code, out, err = cli(*command, db=tmp_path / "none.db")
    assert (code, out) == (1, "")
    assert "data sample" in err
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("command", [("ask", SURE), ("chat",)])
def test_with_an_empty_store_the_commands_say_how_to_fill_it(
    cli: Cli, command: tuple[str, ...], tmp_path: Path
) -> None:
    with Store(tmp_path / "empty.db") as empty:
        empty.write(add_course, "c")
    code, out, err = cli(*command, db=tmp_path / "empty.db")
    assert (code, out) == (1, "")
    assert "has no entries" in err


def test_a_refusal_with_json_is_json(cli: Cli) -> None:
    code, out, _ = cli("ask", SURE, "--course", "old", "--json")
    assert code == 1
    assert len(json.loads(out)["refused"]) == 1


def test_wrong_usage_has_exit_code_2(cli: Cli) -> None:
    assert cli("ask")[0] == 2
    assert cli("ask", SURE, "--no-such-option")[0] == 2


def test_chat_refuses_an_unknown_course(cli: Cli) -> None:
    code, _, err = cli("chat", "--course", "old")
    assert code == 1
    assert "there are: ml, zh" in err


async def test_chat_in_a_pipe_answers_line_by_line(course: Store, models: Path) -> None:
    lines = [SURE, "+", UNSURE, "1", "/course zh", "/help", f"{BATCH}\xff", "/quit", WARM_UP]
    chat = await start(environment(course, models), "chat", "--course", "ml")
    code, out, err = await outcome(chat, "\n".join(lines).encode("latin-1"))
    assert (code, err) == (0, "")
    for said in (EN.thanks, EN.suggest, EN.course_chosen.format(course="机器学习")):
        assert said in out
    assert [row["text"] for row in rows(course, "select text from questions")] == [SURE, UNSURE, f"{BATCH}\ufffd"]
    assert [row["vote"] for row in rows(course, "select vote from feedback")] == ["up", "chosen"]


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


def test_run_on_a_damaged_store_says_how_to_get_it_back(
    cli: Cli, course: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:TEST")
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"no database " * 1000)
    code, out, err = cli("run", db=damaged)
    assert (code, out) == (1, "")
    assert "python -m data restore BACKUP" in err


def test_run_on_a_store_that_another_program_holds_says_so(
    cli: Cli, course: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:TEST")
    monkeypatch.setattr("data.store.BUSY_TIMEOUT_S", 0.1)
    with sqlite3.connect(course.path, isolation_level=None) as other:
        other.execute("begin exclusive")
        code, out, err = cli("run")
        other.execute("rollback")
    assert (code, out) == (1, "")
    assert "another program holds it" in err


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


def test_run_without_a_token_says_where_to_get_one(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN", raising=False)
    code, out, err = cli("run")
    assert (code, out) == (1, "")
    assert "@BotFather" in err


def test_run_with_an_empty_store_says_how_to_fill_it(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:TEST")
    Store(tmp_path / "empty.db").close()
    code, _, err = cli("run", db=tmp_path / "empty.db")
    assert code == 1
    assert "has no entries" in err


def test_chat_in_this_process_reads_its_input(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{FOREIGN}\nt\n".encode()), encoding="utf-8"))
    code, out, _ = cli("chat")
    assert code == 0
    assert EN.escalated in out
