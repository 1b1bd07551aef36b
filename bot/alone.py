"""One bot for one token on this machine and account: Telegram gives each update to whoever asks first."""

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import TutorError


@contextmanager
def token_alone(token: str, base_url: str) -> Iterator[None]:
    """Hold the token's lock, a file that is named by a hash of the token. The kernel frees it when the process ends.

    Raises TutorError if another process of this account holds it, or it cannot be made. A bot elsewhere shows itself
    as Telegram's 409 Conflict.
    """
    name = hashlib.sha256(f"{base_url}\n{token}".encode()).hexdigest()[:32]
    folder = _folder()
    try:
        lock = os.open(folder / f"{name}.lock", os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise TutorError(f"{folder}: the lock of the token cannot be made ({error.strerror})") from error
    with os.fdopen(lock, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TutorError(
                "a bot is already running with this token: stop it first, or give this one its own"
            ) from error
        yield


def _folder() -> Path:
    """Return a folder of this account alone, in the runtime folder if there is one, else in the temporary one."""
    parent = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    folder = parent / f"course-tutor-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise TutorError(f"{folder}: cannot be made ({error.strerror}), for the lock of the token") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise TutorError(f"{folder}: belongs to somebody else: set XDG_RUNTIME_DIR to a folder of your own")
    return folder
