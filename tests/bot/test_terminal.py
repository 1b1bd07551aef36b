"""The chat in a real terminal: styles reach it as styles."""

import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_course import LR, fill

from data import upkeep
from data.errors import StoreError
from data.store import Store

ROOT = Path(__file__).parent.parent.parent
WAIT_S = 120.0  # on a busy machine
PROMPT = b"\x1b[?2004h"  # bracketed paste is switched on when the prompt stands

Until = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def chatted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The store that the chat is on."""
    with Store(tmp_path_factory.mktemp("chat") / "tutor.db") as opened:
        opened.write(fill)
        yield opened


@pytest.fixture(scope="module")
def terminal(chatted: Store, models: Path) -> Iterator[tuple[int, Until]]:
    """`python -m bot chat` in a pseudo-terminal, at its prompt: where to type, and a way to read until something shows.

    One chat serves all tests here: it takes seconds to start from nothing.
    """
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "bot", "chat", "--db", str(chatted.path), "--models", str(models)]
    chat = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)

    def until(said: bytes) -> bytes:
        seen = b""
        while said not in seen:
            assert select.select([ours], [], [], WAIT_S)[0], f"{said!r} did not come after {seen!r}"
            seen += os.read(ours, 65536)
        return seen

    until(PROMPT)
    yield ours, until
    os.write(ours, b"/quit\r")
    try:
        assert chat.wait(WAIT_S) == 0
    finally:
        chat.kill()
        os.close(ours)


def test_an_answer_is_shown_with_its_styles_and_the_prompt_comes_again(terminal: tuple[int, Until]) -> None:
    keyboard, until = terminal
    os.write(keyboard, f"{LR}\r".encode())
    shown = until("👎".encode())
    assert b"\x1b[1m" + LR.encode() in shown
    assert b"?[" not in shown
    until(PROMPT)


@pytest.mark.usefixtures("terminal")
def test_a_backup_is_not_restored_while_a_chat_is_open(chatted: Store, tmp_path: Path) -> None:
    upkeep.backup(chatted, tmp_path / "b.db")
    with pytest.raises(StoreError, match="a chat or a command such as `import` or `fit` is at work on this store"):
        upkeep.restore(tmp_path / "b.db", chatted.path)
