"""Backups in a folder, named by their time: a new one each night, and the oldest go."""

import re
from datetime import UTC, datetime
from pathlib import Path

from data import upkeep
from data.errors import StoreError
from data.store import Store

_FORM = "tutor-%Y%m%dT%H%M%S%fZ.db"
_NAME = re.compile(r"tutor-\d{8}T\d{12}Z\.db")  # other files in the folder are left alone


def backups(folder: Path) -> list[Path]:
    """Return the folder's backups, newest first."""
    found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)] if folder.is_dir() else []
    return sorted(found, reverse=True)


def taken_at(backup: Path) -> datetime:
    """Return when a backup of `rotate` was taken, by its name."""
    return datetime.strptime(backup.name, _FORM).replace(tzinfo=UTC)


def rotate(store: Store, folder: Path, keep: int) -> Path:
    """Write a checked backup into the folder, then remove all but the newest `keep`; return the new one.

    Raises StoreError if it cannot be written, before anything is removed, or if an old one cannot be removed.
    """
    path = folder / datetime.now(UTC).strftime(_FORM)
    upkeep.backup(store, path)
    others = [backup for backup in backups(folder) if backup != path]  # by a wrong clock it may not be the newest
    for old in others[keep - 1 :]:
        try:
            old.unlink()
        except OSError as error:
            raise StoreError(f"{old}: cannot be removed ({error.strerror}); {path.name} was written") from error
    return path
