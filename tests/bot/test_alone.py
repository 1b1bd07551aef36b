"""One token serves one bot, and the kernel, not a file, knows whether it runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.alone import token_alone
from data.errors import TutorError

URL = "https://api.telegram.org/bot"
HOLDER = """
import sys
from bot.alone import token_alone
with token_alone(sys.argv[1], sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime folder of the test's own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def test_a_second_process_with_the_token_is_refused_until_the_first_is_killed() -> None:
    command = [sys.executable, "-c", HOLDER, "1:TEST", URL]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(TutorError, match="already running with this token"), token_alone("1:TEST", URL):
            pass
        with token_alone("2:TEST", URL), token_alone("1:TEST", "http://127.0.0.1:1/bot"):
            pass
        holder.kill()
        holder.wait()
    with token_alone("1:TEST", URL):
        pass


def test_the_token_stands_in_no_name_and_nobody_else_may_look(runtime: Path) -> None:
    with token_alone("1:SECRET", URL):
        (folder,) = runtime.iterdir()
        (lock,) = folder.iterdir()
    assert "SECRET" not in lock.name
    assert lock.read_bytes() == b""
    assert (folder.stat().st_mode & 0o777, lock.stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_folder_that_is_a_trap_is_refused(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (runtime / f"course-tutor-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TutorError, match="belongs to somebody else"), token_alone("1:TEST", URL):
        pass
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "none"))
    with pytest.raises(TutorError, match="cannot be made"), token_alone("1:TEST", URL):
        pass
