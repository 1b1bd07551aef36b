"""Vectors that were computed once, kept by text and encoder. The file may be deleted at any time.

File read and written: `vectors.db` in the models folder.
"""

import logging
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.records import now
from data.traces import vector_key
from qa_model.encoder import Encoder, Ids, Progress, Tokens, Vectors
from qa_model.index import Text

KEPT_ENCODERS = 4
CHUNK = 256
_LAYOUT = 1  # of the table of vectors: another one is made anew

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vector of a text, (dim,), and for a passage its tokens."""

    vector: Vectors
    tokens: Tokens | None = None


class VectorCache:
    """Keeps vectors in a SQLite file, or in memory where the file cannot be used."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._db = _open(path)

    def find(self, encoder: str, texts: Iterable[Text]) -> dict[Text, Vectors]:
        """Return the vectors that are there."""
        found = self._read(encoder, texts, "vector")
        return {text: np.frombuffer(vector, np.float32) for text, vector in found.items()}

    def tokens(self, encoder: str, texts: Iterable[Text]) -> dict[Text, Vectors]:
        """Return the token vectors, (tokens, dim), that are there."""
        found = self._read(encoder, texts, "tokens")
        return {text: _unpacked(packed) for text, packed in found.items() if packed}

    def ids(self, encoder: str, texts: Iterable[Text]) -> dict[Text, Ids]:
        """Return the token ids, (tokens,), of the passages that are there."""
        found = self._read(encoder, texts, "ids")
        return {text: np.frombuffer(ids, np.int32) for text, ids in found.items() if ids}

    def keep(self, encoder: str, embedded: Mapping[Text, Embedded]) -> None:
        """Keep what was embedded; what is of the encoders used longest ago goes."""
        with self._lock:
            try:
                self._keep(encoder, embedded)
            except sqlite3.Error as error:
                self._to_memory(error)
                self._keep(encoder, embedded)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _read(self, encoder: str, texts: Iterable[Text], column: str) -> dict[Text, bytes]:
        by_key = {vector_key(*text): text for text in texts}
        with self._lock:
            try:
                found = self._find(encoder, list(by_key), f"key, {column}")
            except sqlite3.Error as error:
                self._to_memory(error)
                return {}
        return {by_key[key]: value for key, value in found}

    def _find(self, encoder: str, keys: list[bytes], columns: str) -> list[tuple[bytes, bytes]]:
        found: list[tuple[bytes, bytes]] = []
        for i in range(0, len(keys), CHUNK):
            part = keys[i : i + CHUNK]
            sql = f"select {columns} from vectors where encoder = ? and key in ({','.join('?' * len(part))})"
            found += self._db.execute(sql, [encoder, *part])
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
        with self._db:
            self._db.execute("insert or replace into encoders values (?, ?)", [encoder, now()])
            self._db.executemany("insert or replace into vectors values (?, ?, ?, ?, ?)", rows)
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
        vectors |= {text: own.vector for text, own in new.items()}
    return vectors


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
    """Return token vectors as their largest number and one byte for each number: 1/127 of it is lost at most."""
    if embedded.tokens is None or not embedded.tokens.ids.size:
        return b""
    tokens = embedded.tokens.vectors
    largest = np.float32(np.abs(tokens).max())
    shape = np.int32(tokens.shape[1])
    return shape.tobytes() + largest.tobytes() + np.round(tokens * (127 / largest)).astype(np.int8).tobytes()


def _unpacked(packed: bytes) -> Vectors:
    dim = int(np.frombuffer(packed, np.int32, 1)[0])
    largest = np.frombuffer(packed, np.float32, 1, 4)[0]
    codes = np.frombuffer(packed, np.int8, offset=8).reshape(-1, dim)
    tokens: Vectors = codes.astype(np.float32) * (largest / 127)
    return tokens


def _open(path: Path | None) -> sqlite3.Connection:
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path or ":memory:", timeout=20.0, check_same_thread=False)
        db.execute("pragma journal_mode=wal")
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
    except (OSError, sqlite3.Error) as error:
        if path is None:
            raise
        logger.warning("%s: vectors are kept in memory only (%s); delete the file if it is damaged", path, error)
        return _open(None)
    return db
