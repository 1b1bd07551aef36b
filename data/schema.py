"""The tables of the store: numbered SQL files, applied in their order, each once.

A released migration is never edited: add the next. They are SQL rather than calls of create_table, for CHECK, UNIQUE
and ON DELETE cannot be said there.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlite_utils import Database, Migrations

from data.errors import StoreError

FOLDER = Path(__file__).with_name("migrations")

migrations = Migrations("tutor")


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _add(path: Path) -> None:
    @migrations(name=path.stem)
    def apply(db: Database) -> None:
        for statement in _statements(path.read_text(encoding="utf-8")):
            db.execute(statement)


for _path in sorted(FOLDER.glob("*.sql")):
    _add(_path)


def migrate(db: Database) -> None:
    """Bring the store to this version's tables, once, whoever else opens it now.

    Raises StoreError if a newer version of the program has already changed it.
    """
    known = {m.name for m in migrations._migrations}
    newer = [m.name for m in migrations.applied(db) if m.name not in known]
    if newer:
        raise StoreError(f"the store was changed by a newer version ({newer[-1]}): update this program")
    if not migrations.pending(db):
        return
    db.execute("begin immediate")
    try:
        migrations.apply(db)
        db.commit()
    except BaseException:
        db.rollback()
        raise
