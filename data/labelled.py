"""Student questions with known answers: read from a file, confirmed into the store, or kept for evaluation."""

from collections import defaultdict
from pathlib import Path

from sqlite_utils import Database

from data import audit, log
from data.entries import entries, touch
from data.errors import Refused
from data.importing import digest
from data.records import LabelledQuestion
from data.tables import read_table
from data.words import normalise

COLUMNS = ("question", "course", "expected_ids")


def read_labelled(db: Database, path: Path) -> list[LabelledQuestion]:
    """Read `question, course, expected_ids` (ids separated by `|`, empty: nothing answers it), one for each row.

    Raises Refused, with line numbers, for a course or an id that the store does not have.
    """
    table = read_table(path, required=COLUMNS)
    known: dict[str, set[str]] = defaultdict(set)
    for entry in entries(db, live=False):
        known[entry.course].add(entry.id)
    refused = list(table.refused)
    questions = []
    for row in table.rows:
        ids = tuple(filter(None, (part.strip() for part in row["expected_ids"].split("|"))))
        reason = _reason(row["question"], row["course"], ids, known)
        if reason:
            refused.append(f"line {row.line}: {reason}")
        else:
            questions.append(LabelledQuestion(row["question"], row["course"], ids))
    if refused:
        raise Refused([f"{path}: {reason}" for reason in refused])
    if not questions:
        raise Refused([f"{path}: has no rows"])
    return questions


def confirmed_ref(course: str, text: str) -> str:
    """Return the name under which a wording without an asker is confirmed once."""
    return f"confirmed:{course}:{digest(normalise(text), 32)}"


def confirm(db: Database, questions: list[LabelledQuestion]) -> int:
    """Take the questions as a teacher's word: known phrasings at once, examples for the next round; return how many.

    Safe to repeat: a wording is confirmed once for each entry, and the same wording twice unites its entries.
    """
    keys = {(entry.course, entry.id): entry.key for entry in entries(db, live=False)}
    for question in questions:
        ref = confirmed_ref(question.course, question.text)
        log.confirm_wording(db, ref, question, [keys[question.course, i] for i in question.expected_ids])
    course = questions[0].course if len({q.course for q in questions}) == 1 else None
    audit.record(db, "confirm", course=course, detail=f"{len(questions)} questions")
    touch(db)
    return len(questions)


def _reason(question: str, course: str, ids: tuple[str, ...], known: dict[str, set[str]]) -> str:
    if not question:
        return "the question is empty"
    if course not in known:
        return f"no course {course!r}; there are: {', '.join(sorted(known)) or 'none yet'}"
    unknown = [i for i in ids if i not in known[course]]
    return f"no entry {', '.join(unknown)} in course {course}" if unknown else ""
