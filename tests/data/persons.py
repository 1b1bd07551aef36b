"""A person who left something everywhere, and where to look for what is left of them."""

from pathlib import Path

from sqlite_utils import Database

from data import log, people
from data.entries import add_course, entries, put
from data.labelled import confirm
from data.protection import protect
from data.records import Answer, Candidate, Entry, Feedback, LabelledQuestion, Question
from data.store import Store

ANN, BOB, TEACHER = "a" * 32, "b" * 32, "c" * 32
ACCOUNT = 4711
ENTRIES = (Entry("c", "lr", "Which learning rate?", "2e-5"), Entry("c", "due", "When is it due?", "On Friday."))


def course(store: Store) -> list[Entry]:
    """Put a small course into the store and return its entries."""

    def work(db: Database) -> list[Entry]:
        add_course(db, "c")
        for entry in ENTRIES:
            put(db, entry)
        return entries(db)

    return store.write(work)


def ask(
    store: Store, person: str, text: str, entry: Entry, *, confirmed: bool = False, asked_at: str | None = None
) -> int:
    """Let a person ask, press thumbs-up and go to a teacher, who confirms the wording or not; return the question."""

    def work(db: Database) -> int:
        people.meet(db, person, lang="en", chat_id=ACCOUNT if person == ANN else None)
        question = Question(text, "c", person=person, ref=None, **({"asked_at": asked_at} if asked_at else {}))
        number = log.record_question(db, question, Answer("suggest", 0.5, (Candidate(entry, 0.5, 0.5),)))
        log.vote(db, Feedback(number, entry.key, "up", 0, person))
        log.escalate(db, number)
        if confirmed:
            people.meet(db, TEACHER)
            log.vote(db, Feedback(number, entry.key, "correction", None, TEACHER, "teacher"))
        return number

    return store.write(work)


def copied(store: Store, text: str, entry: Entry) -> None:
    """Let a maintainer import the wording from a file and protect it."""
    question = LabelledQuestion(text, "c", (entry.id,))
    store.write(confirm, [question])
    store.write(protect, question)


def write(store: Store, sql: str, *args: object) -> None:
    """Run one statement."""
    store.write(lambda db: db.execute(sql, args))


def everything(store: Store) -> list[str]:
    """Return every cell of every table, as text."""

    def work(db: Database) -> list[str]:
        return [
            str(cell) for name in db.table_names() for row in db.query(f"select * from {name}") for cell in row.values()
        ]

    return store.read(work)


def files_of(store: Store) -> bytes:
    """Return the bytes of the store's file, its write-ahead log and the index of that."""
    parts = [Path(f"{store.path}{suffix}") for suffix in ("", "-wal", "-shm")]
    return b"".join(part.read_bytes() for part in parts if part.exists())
