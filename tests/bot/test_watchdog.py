"""What hangs is noticed: /healthz says it first, then the process ends with a code that a supervisor sees."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from bot_api import BotApi
from small_course import running

from bot import metrics, watchdog
from bot.engine import Engine
from bot.service import Tutor
from bot.settings import Webhook
from data.store import Store

SCRIPT = Path(__file__).with_name("hanging.py")


def ended(what: str, store: Store, models: Path) -> tuple[int, str]:
    """Run the script; return its exit code and what it said."""
    command = [sys.executable, str(SCRIPT), what, str(store.path), str(models)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("model", "the thread of the model has not moved for"),
        ("loop", "the loop has not moved for"),
        ("lock", "Timeout"),
    ],
)
def test_a_process_in_which_something_hangs_ends_with_a_code_and_says_where(
    what: str, said: str, course: Store, models: Path
) -> None:
    code, told = ended(what, course, models)
    assert (code, said in told, "hanging.py" in told) == (1, True, True)


def test_a_process_in_which_all_goes_on_is_left_alone(course: Store, models: Path) -> None:
    assert ended("nothing", course, models) == (0, "")


async def test_what_hangs_is_what_is_wrong_before_anything_else(
    api: BotApi, course: Store, tutor: Tutor, shared_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "_heard_at", -metrics.SILENT_S)
    async with running(api, course, tutor):
        await api.wait_until(metrics.polling)
        assert watchdog.wrong(shared_engine, None) == ""
        monkeypatch.setattr(watchdog, "_beaten_at", watchdog._beaten_at - 2 * watchdog.LATE_S)
        assert watchdog.wrong(shared_engine, None).startswith("the loop has not moved for 12")
        await api.wait_until(lambda: watchdog.wrong(shared_engine, None) == "")


async def test_a_model_that_does_not_move_is_what_is_wrong(
    shared_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "LATE_S", -1.0)
    assert "the thread of the model has not moved for" in watchdog.wrong(shared_engine, None)


def test_a_bot_that_hears_nothing_of_telegram_is_not_well(
    shared_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    watchdog._beat()
    monkeypatch.setattr(metrics, "_heard_at", -metrics.SILENT_S)
    assert watchdog.wrong(shared_engine, None) == "no word from Telegram"


def test_a_webhook_that_is_closed_or_does_not_answer_is_what_is_wrong(
    shared_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    watchdog._beat()
    monkeypatch.setattr("bot.webhook.ANSWER_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and never says a word
        hook = Webhook("https://tutor.example.org/telegram", "s" * 32, silent.getsockname()[1])
        assert f"nothing answers on port {hook.port}" in watchdog.wrong(shared_engine, hook)
    assert f"nothing answers on port {hook.port}" in watchdog.wrong(shared_engine, hook)
