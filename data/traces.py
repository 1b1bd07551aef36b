"""What a text leaves beside the store: vectors, the records of model versions, the terminal's history, copies.

Files read and written: `vectors.db` and `answers/*/bundle.json` in the models folder, `chat-history` beside the store;
read only, for a bundle is whole or worth nothing: `scores/*/*/head/examples.jsonl`.
"""

import hashlib
import json
import logging
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

from data.errors import StoreError
from data.files import draft
from data.words import normalise

GONE = "<forgotten>"
KINDS = ("query", "passage")
QUOTING = ("question", "broken")  # what in a record is a question's wording
CHUNK = 256

logger = logging.getLogger(__name__)


def vector_key(kind: str, text: str) -> bytes:
    """Return the key under which the vector of a text is kept: BLAKE2b of its kind and its words."""
    return hashlib.blake2b(f"{kind}\0{text}".encode(), digest_size=16).digest()


def forget_texts(models: Path, texts: Collection[str]) -> None:
    """Take the texts, as typed and as scrubbed, out of the vector cache and the records of versions.

    Raises StoreError if one of the files cannot be written.
    """
    every = {*texts, *map(_scrubbed, texts)}
    try:
        _forget_vectors(models / "vectors.db", every)
        for record in sorted(models.glob("answers/*/bundle.json")):
            _forget_in_record(record, {normalise(text) for text in every})
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{models}: what was learned from a person cannot be removed ({error}); try again") from error


def scorers_with(models: Path, texts: Collection[str]) -> list[str]:
    """Name each version of a scorer, such as `scores/essays/0001`, that keeps one of the texts, as typed or scrubbed.

    Raises StoreError if one of them cannot be read.
    """
    every = {normalise(text) for typed in texts for text in (typed, _scrubbed(typed))}
    found = []
    try:
        for path in sorted(models.glob("scores/*/*/head/examples.jsonl")) if every else ():
            with path.open(encoding="utf-8") as file:
                if any(normalise(text) in every for line in file for text in json.loads(line)):
                    found.append(str(path.parent.parent.relative_to(models)))
    except (OSError, ValueError) as error:
        raise StoreError(f"{models}: the texts of scorers cannot be read ({error}); mend or delete them") from error
    return found


def history(db: Path) -> Path:
    """Return where the chat in the terminal keeps what was typed."""
    return db.with_name("chat-history")


def given(db: Path) -> Path:
    """Return the folder of what the chat in the terminal gave as files, such as a picture of a person's practice."""
    return db.with_name("files")


def forget_typed(db: Path) -> None:
    """Delete what a chat in the terminal left: what was typed, and the pictures and texts to be marked that it gave."""
    for left in (history(db), *given(db).glob("*.png"), *given(db).glob("text-*.txt")):
        left.unlink(missing_ok=True)


def copies(db: Path) -> list[Path]:
    """Return the stores that a restore put aside: they hold what the store held then."""
    return sorted(
        path for path in db.parent.glob(f"{db.name}.before-restore-*") if not path.name.endswith(("-wal", "-shm"))
    )


def _forget_vectors(path: Path, texts: Collection[str]) -> None:
    """Delete rows, and with `secure_delete` their bytes; a file that is no cache is not ours to mend."""
    if not path.exists() or not texts:
        return
    keys = [vector_key(kind, text) for kind in KINDS for text in texts]
    with closing(sqlite3.connect(path, timeout=20.0)) as db:
        if not db.execute("select 1 from sqlite_master where name = 'vectors'").fetchone():
            return
        db.execute("pragma secure_delete=on")
        with db:
            for i in range(0, len(keys), CHUNK):
                part = keys[i : i + CHUNK]
                db.execute(f"delete from vectors where key in ({','.join('?' * len(part))})", part)
        db.execute("pragma wal_checkpoint(truncate)")


def _forget_in_record(path: Path, wordings: Collection[str]) -> None:
    """Put a placeholder where a record quotes one of the wordings."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        logger.warning("%s: cannot be read: the bundle is damaged, and what it quotes stays", path)
        return
    cleared = _cleared(record, wordings)
    if cleared != record:
        with draft(path) as beside:
            beside.write_text(json.dumps(cleared, indent=2, ensure_ascii=False), encoding="utf-8")
            beside.replace(path)


def _cleared(part: Any, wordings: Collection[str], *, quoted: bool = False) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(part, dict):
        return {key: _cleared(value, wordings, quoted=key in QUOTING) for key, value in part.items()}
    if isinstance(part, list):
        return [_cleared(value, wordings, quoted=quoted) for value in part]
    return GONE if quoted and isinstance(part, str) and normalise(part) in wordings else part


def _scrubbed(text: str) -> str:
    from data.scrub import scrub  # not above: its lists of names take a while, and who asks needs none

    return scrub(text)
