"""The command line of the bot: what it prints and what it refuses."""

import io
import json
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from catalogues import EN
from small_course import FOREIGN, LR, SURE, SURE_ZH, UNSURE, rows

from bot.__main__ import main
from data.cli import run
from data.entries import add_course
from data.store import Store

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
    monkeypatch.setattr("data.connections.BUSY_TIMEOUT_S", 0.1)
    with sqlite3.connect(course.path, isolation_level=None) as other:
        other.execute("begin exclusive")
        code, out, err = cli("run")
        other.execute("rollback")
    assert (code, out) == (1, "")
    assert "another program holds it" in err


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
    assert EN.escalated in " ".join(out.split())  # wherever the lines were broken
