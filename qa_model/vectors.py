"""Vectors that were computed once, kept by text and encoder. The file may be deleted at any time.

File read and written: `vectors.db` in the models folder.
"""

import hashlib
import logging
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from data.records import now
from qa_model.encoder import Encoder, Progress, Vectors
from qa_model.index import Text

KEPT_ENCODERS = 4
CHUNK = 256

logger = logging.getLogger(__name__)


class VectorCache:
    """Keeps vectors in a SQLite file, or in memory where the file cannot be used."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._db = _open(path)

    def find(self, encoder: str, texts: Iterable[Text]) -> dict[Text, Vectors]:
        """Return the vectors that are there."""
        by_key = {_key(text): text for text in texts}
        with self._lock:
            try:
                found = self._find(encoder, list(by_key))
            except sqlite3.Error as error:
                self._to_memory(error)
                return {}
        return {by_key[key]: np.frombuffer(vector, np.float32) for key, vector in found}

    def keep(self, encoder: str, vectors: Mapping[Text, Vectors]) -> None:
        """Keep the vectors; those of the encoders used longest ago go."""
        with self._lock:
            try:
                self._keep(encoder, vectors)
            except sqlite3.Error as error:
                self._to_memory(error)
                self._keep(encoder, vectors)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _find(self, encoder: str, keys: list[bytes]) -> list[tuple[bytes, bytes]]:
        found: list[tuple[bytes, bytes]] = []
        for i in range(0, len(keys), CHUNK):
            part = keys[i : i + CHUNK]
            sql = f"select key, vector from vectors where encoder = ? and key in ({','.join('?' * len(part))})"
            found += self._db.execute(sql, [encoder, *part])
        return found

    def _keep(self, encoder: str, vectors: Mapping[Text, Vectors]) -> None:
        rows = [(encoder, _key(text), vector.tobytes()) for text, vector in vectors.items()]
        old = f"select hash from encoders order by used_at desc limit -1 offset {KEPT_ENCODERS}"
        with self._db:
            self._db.execute("insert or replace into encoders values (?, ?)", [encoder, now()])
            self._db.executemany("insert or replace into vectors values (?, ?, ?)", rows)
            self._db.execute(f"delete from vectors where encoder in ({old})")
            self._db.execute(f"delete from encoders where hash in ({old})")

    def _to_memory(self, error: sqlite3.Error) -> None:
        logger.warning("vectors are kept in memory only (%s); delete vectors.db if it is damaged", error)
        self._db.close()
        self._db = _open(None)


def embed(
    encoder: Encoder, texts: Iterable[Text], cache: VectorCache, progress: Progress | None = None
) -> dict[Text, Vectors]:
    """Return the vector of every text, from the cache where it is there; what is new is kept as each part finishes."""
    wanted = list(dict.fromkeys(texts))
    vectors = cache.find(encoder.hash, wanted)
    cache.keep(encoder.hash, {})  # in use, so not among those that go, though nothing may be missing
    missing = sorted((text for text in wanted if text not in vectors), key=lambda text: (text[0], len(text[1])))
    parts: Iterable[list[int]] = [list(range(i, min(i + CHUNK, len(missing)))) for i in range(0, len(missing), CHUNK)]
    if progress is not None:
        parts = progress(parts, "embedding", -(-len(missing) // CHUNK))
    for part in parts:
        new = encode(encoder, [missing[i] for i in part])
        cache.keep(encoder.hash, new)
        vectors |= new
    return vectors


def encode(encoder: Encoder, texts: list[Text]) -> dict[Text, Vectors]:
    """Return the vectors of a few texts, from the encoder itself."""
    vectors: dict[Text, Vectors] = {}
    for kind in ("passage", "query"):
        own = [text for text in texts if text[0] == kind]
        if own:
            vectors |= zip(own, encoder.encode([words for _, words in own], own[0][0]), strict=True)
    return vectors


def _open(path: Path | None) -> sqlite3.Connection:
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path or ":memory:", timeout=20.0, check_same_thread=False)
        db.execute("pragma journal_mode=wal")
        with db:
            db.execute("create table if not exists encoders (hash text primary key, used_at text not null) strict")
            db.execute(
                "create table if not exists vectors (encoder text not null, key blob not null, vector blob not null,"
                " primary key (encoder, key)) strict, without rowid"
            )
    except (OSError, sqlite3.Error) as error:
        if path is None:
            raise
        logger.warning("%s: vectors are kept in memory only (%s); delete the file if it is damaged", path, error)
        return _open(None)
    return db


def _key(text: Text) -> bytes:
    return hashlib.blake2b("\0".join(text).encode(), digest_size=16).digest()
