"""Vectors that were computed once, kept by text and encoder. The file may be deleted at any time.

File read and written: `vectors.db` in the models folder. A damaged one is deleted and made anew: nothing in it is
worth keeping, and a copy beside it would keep traces of texts that people asked to be forgotten.
"""

import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.locks import write_ahead
from data.records import now
from data.traces import vector_key
from qa_model.block import Text
from qa_model.encoder import Encoder, Ids, Progress, Tokens, Vectors
from qa_model.late import Held, Packed

KEPT_ENCODERS = 4
CHUNK = 256
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_LAYOUT = 1  # of the table of vectors: another one is made anew

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vector of a text, (dim,), and for a passage its tokens."""

    vector: Vectors
    tokens: Tokens | None = None


class VectorCache:
    """Keeps vectors in a SQLite file, which is begun anew if it is damaged, or in memory where it cannot be used."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._file = _open(path)
        self._held = Held()

    def find(self, encoder: str, texts: Iterable[Text]) -> dict[Text, Vectors]:
        """Return the vectors that are there."""
        return {text: np.frombuffer(vector, np.float32) for text, vector in self._find(encoder, texts, "vector")}

    def read(self, encoder: str, texts: Iterable[Text]) -> tuple[dict[Text, Vectors], dict[Text, Ids]]:
        """Return the vectors that are there and the token ids, (tokens,), of the passages."""
        found = self._find(encoder, texts, "vector", "ids")
        vectors = {text: np.frombuffer(vector, np.float32) for text, vector, _ in found}
        return vectors, {text: np.frombuffer(ids, np.int32) for text, _, ids in found if ids}

    def tokens(self, encoder: str, texts: Iterable[Text]) -> dict[Text, Packed]:
        """Return the token vectors that are there; those of the last passages are held."""
        held = {text: self._held.get(encoder, text) for text in texts}
        new = [text for text, own in held.items() if own is None]
        read = {text: Packed.read(packed) for text, packed in self._find(encoder, new, "tokens") if packed}
        found = {text: own for text, own in (held | read).items() if own is not None}
        self._held.keep(encoder, found)
        return found

    def keep(self, encoder: str, embedded: Mapping[Text, Embedded]) -> None:
        """Keep what was embedded; what is of the encoders used longest ago goes."""
        with self._lock:
            try:
                self._keep(encoder, embedded)
            except sqlite3.Error as error:
                self._file = _instead(self._file, error)
                self._keep(encoder, embedded)

    def close(self) -> None:
        """Close the file."""
        self._file.db.close()

    def _find(self, encoder: str, texts: Iterable[Text], *columns: str) -> list[tuple[Any, ...]]:
        """Return the texts that are there, each with what these columns hold."""
        by_key = {vector_key(*text): text for text in texts}
        with self._lock:
            try:
                rows = self._rows(encoder, sorted(by_key), ", ".join(("key", *columns)))
            except sqlite3.Error as error:
                self._file = _instead(self._file, error)
                return []
        return [(by_key[key], *values) for key, *values in rows]

    def _rows(self, encoder: str, keys: list[bytes], columns: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        for i in range(0, len(keys), CHUNK):
            part = keys[i : i + CHUNK]
            sql = f"select {columns} from vectors where encoder = ? and key in ({','.join('?' * len(part))})"
            found += self._file.db.execute(sql, [encoder, *part])
        return found

    def _keep(self, encoder: str, embedded: Mapping[Text, Embedded]) -> None:
        rows = [
            (
                encoder,
                vector_key(*text),
                own.vector.tobytes(),
                _packed(own),
                own.tokens.ids.tobytes() if own.tokens else b"",
            )
            for text, own in embedded.items()
        ]
        old = f"select hash from encoders order by used_at desc limit -1 offset {KEPT_ENCODERS}"
        with self._file.db:
            self._file.db.execute("insert or replace into encoders values (?, ?)", [encoder, now()])
            self._file.db.executemany("insert or replace into vectors values (?, ?, ?, ?, ?)", rows)
            self._file.db.execute(f"delete from vectors where encoder in ({old})")
            self._file.db.execute(f"delete from encoders where hash in ({old})")


def embed(
    encoder: Encoder, texts: Iterable[Text], cache: VectorCache, progress: Progress | None = None
) -> dict[Text, Vectors]:
    """Return the vector of every text, from the cache where it is there; what is new is kept as each part finishes."""
    wanted = list(dict.fromkeys(texts))
    vectors = cache.find(encoder.hash, wanted)
    for new in _embed(encoder, [text for text in wanted if text not in vectors], cache, progress):
        vectors |= {text: own.vector for text, own in new.items()}
    return vectors


def read_or_embed(
    encoder: Encoder, cache: VectorCache, progress: Progress | None, texts: Sequence[Text]
) -> tuple[dict[Text, Vectors], dict[Text, Ids]]:
    """Return the vectors of texts and the token ids of passages, as `read` does; what is not there is embedded."""
    vectors, ids = cache.read(encoder.hash, texts)
    missing = [text for text in dict.fromkeys(texts) if text not in vectors]
    for new in _embed(encoder, missing, cache, progress if missing else None):
        vectors |= {text: own.vector for text, own in new.items()}
        ids |= {text: own.tokens.ids for text, own in new.items() if own.tokens is not None and own.tokens.ids.size}
    return vectors, ids


def _embed(
    encoder: Encoder, texts: list[Text], cache: VectorCache, progress: Progress | None
) -> Iterator[dict[Text, Embedded]]:
    """Embed the texts in parts, those of like length together, and keep each part."""
    cache.keep(encoder.hash, {})  # in use, so not among those that go, though nothing may be missing
    missing = sorted(texts, key=lambda text: (text[0], len(text[1])))
    parts: Iterable[list[int]] = [list(range(i, min(i + CHUNK, len(missing)))) for i in range(0, len(missing), CHUNK)]
    if progress is not None:
        parts = progress(parts, "embedding", -(-len(missing) // CHUNK))
    for part in parts:
        new = encode(encoder, [missing[i] for i in part])
        cache.keep(encoder.hash, new)
        yield new


def encode(encoder: Encoder, texts: list[Text]) -> dict[Text, Embedded]:
    """Embed a few texts: of passages the tokens too, for late interaction."""
    embedded: dict[Text, Embedded] = {}
    for kind in ("passage", "query"):
        own = [text for text in texts if text[0] == kind]
        if own:
            vectors, tokens = encoder.encode_tokens([words for _, words in own], own[0][0])
            for text, vector, words in zip(own, vectors, tokens, strict=True):
                embedded[text] = Embedded(vector, words if kind == "passage" else None)
    return embedded


def _packed(embedded: Embedded) -> bytes:
    own = embedded.tokens
    return Packed.of(own.vectors).written() if own is not None and own.ids.size else b""


@dataclass(frozen=True, slots=True)
class _File:
    """An open file, and by which number the file system knew it then; in memory there is no path."""

    db: sqlite3.Connection
    path: Path | None = None
    inode: int = 0


def _open(path: Path | None) -> _File:
    if path is None:
        return _File(_connect(None))
    inode = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        inode = path.stat().st_ino if path.exists() else 0
        db = _connect(path)
        return _File(db, path, path.stat().st_ino)
    except OSError as error:
        return _in_memory(path, error)
    except sqlite3.Error as error:
        return _anew(path, inode, error)


def _instead(file: _File, error: sqlite3.Error) -> _File:
    """Return what to use after an error in an open file."""
    file.db.close()
    if file.path is None:
        raise error
    return _anew(file.path, file.inode, error)


def _anew(path: Path, inode: int, error: sqlite3.Error) -> _File:
    """Return the file made anew if it is damaged, else memory; what another process has made anew since stays."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:  # the low byte is the kind of error
        return _in_memory(path, error)
    try:
        if path.exists() and path.stat().st_ino == inode:
            for suffix in ("-wal", "-shm", ""):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
            logger.warning("%s: is damaged (%s): it is made anew, and its vectors are computed again", path, error)
        return _File(_connect(path), path, path.stat().st_ino)
    except (OSError, sqlite3.Error) as again:
        return _in_memory(path, again)


def _in_memory(path: Path, error: Exception) -> _File:
    advice = "they are computed again at each start; see that you may write there"
    logger.warning("%s: cannot be used (%s): vectors are kept in memory only, so %s", path, error, advice)
    return _File(_connect(None))


def _connect(path: Path | None) -> sqlite3.Connection:
    """Open a file with this version's tables, or memory."""
    db = sqlite3.connect(path or ":memory:", timeout=20.0, check_same_thread=False)
    try:
        write_ahead(db)
        with db:
            db.execute("begin immediate")  # of two that open it at once, one makes it anew
            if db.execute("pragma user_version").fetchone()[0] != _LAYOUT:
                db.execute("drop table if exists vectors")
                db.execute(f"pragma user_version={_LAYOUT}")
            db.execute("create table if not exists encoders (hash text primary key, used_at text not null) strict")
            db.execute(
                "create table if not exists vectors (encoder text not null, key blob not null, vector blob not null,"
                " tokens blob not null, ids blob not null, primary key (encoder, key)) strict, without rowid"
            )
    except BaseException:
        db.close()
        raise
    return db
