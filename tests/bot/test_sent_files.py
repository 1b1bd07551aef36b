"""A teacher sends a file: a report first, then a button; refused rows come back marked."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from catalogues import EN
from small_course import rows
from teacher import Teacher

from bot.replies import Action
from bot.sent_files import SentFiles
from bot.service import Tutor
from data import retention
from data.entries import entries
from data.forgetting import remove
from data.privacy import about
from data.records import iso
from data.store import Store
from data.uploads import MAX_UPLOAD_BYTES

T = EN.teaching
GOOD = (
    b"id,question,answer\n"
    b"lr,Which learning rate should I start with?,Start with 1e-5.\n"
    b",What is dropout?,Hiding units.\n"
)
KNOWN = (
    b"id,question,answer\ntokenizer,What does a tokenizer do?,It cuts a text into the pieces that the model knows.\n"
)


@pytest.fixture
async def teacher(tutor: Tutor) -> Teacher:
    """A teacher of the English course."""
    return await Teacher.of(tutor, SentFiles(tutor).skill)


def questions(store: Store) -> set[str]:
    return {entry.question for entry in store.read(entries)}


async def test_a_file_is_reported_on_and_imported_by_its_button_once(teacher: Teacher, course: Store) -> None:
    told = await teacher.send("qa.csv", GOOD)
    report = T.file_report.format(file="qa.csv", course="Machine learning", added=1, changed=1, left=0)
    assert told.startswith(report)
    assert "What is dropout?" not in questions(course)
    shown = teacher.replies
    told = await teacher.press(T.file_import)
    (change,) = rows(course, "select id, actor from changes where action = 'import'")
    assert told.strip() == T.file_imported.format(change=change["id"])
    assert change["actor"] == teacher.said.person
    teacher.replies = shown
    assert await teacher.press(T.file_import, again=True) == told
    assert "What is dropout?" in questions(course)
    assert rows(course, "select length(content) as n from sent_files") == [{"n": 0}]


async def test_refused_rows_come_back_marked(teacher: Teacher, course: Store) -> None:
    bad = b"question,answer\nWhat is dropout?,\nWhat is Adam?,An optimiser.\n"
    told = await teacher.send("qa.csv", bad)
    assert T.file_refused.format(file="qa.csv") in told
    assert "• line 2: the answer is empty" in told
    made = teacher.replies[1].file
    assert made is not None
    assert made.name == "qa-marked.csv"
    table = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig"))))
    assert [row[-1] for row in table] == ["problem", "the answer is empty", ""]
    assert "What is Adam?" not in questions(course)


@pytest.mark.parametrize(
    ("name", "content"), [("notes.pdf", b"%PDF"), ("qa.xlsx", b"no zip"), ("", b"x"), ("qa.csv", b"")]
)
async def test_what_is_no_file_of_questions_is_refused_with_a_reason(
    teacher: Teacher, name: str, content: bytes
) -> None:
    told = await teacher.send(name, content)
    assert T.file_refused.format(file=name) in told
    assert "•" in told


async def test_a_large_file_is_refused_before_it_is_fetched(teacher: Teacher) -> None:
    told = await teacher.send("qa.csv", b"", size=MAX_UPLOAD_BYTES + 1)
    assert told.strip() == T.file_too_large.format(size="5.0", limit=5)


async def test_what_holds_nothing_new_needs_no_button(teacher: Teacher) -> None:
    told = await teacher.send("qa.csv", KNOWN)
    assert told.strip() == T.file_nothing
    assert teacher.labels == []


async def test_a_file_can_be_discarded_and_a_button_of_another_does_nothing(teacher: Teacher, course: Store) -> None:
    await teacher.send("qa.csv", GOOD)
    shown = teacher.replies
    assert (await teacher.press(T.drop)).strip() == T.dropped
    teacher.replies = shown
    assert (await teacher.press(T.file_import)).strip() == EN.gone
    assert (await teacher.act(Action("i_drop", 99))).strip() == EN.gone
    assert "What is dropout?" not in questions(course)


async def test_who_teaches_several_courses_chooses_first(tutor: Tutor, course: Store) -> None:
    teacher = await Teacher.of(tutor, SentFiles(tutor).skill, teaches=None)
    assert T.file_which_course in await teacher.send("qa.csv", GOOD)
    assert "Machine learning" in teacher.labels
    await tutor.choose_course(teacher.said.person, "ml")
    assert "Machine learning" in await teacher.send("qa.csv", GOOD)


async def test_who_no_longer_teaches_cannot_import_it(teacher: Teacher, tutor: Tutor, course: Store) -> None:
    await teacher.send("qa.csv", GOOD)
    shown = teacher.replies
    other = await Teacher.of(tutor, SentFiles(tutor).skill, teaches=frozenset({"zh"}))
    other.replies = shown
    assert (await other.press(T.file_import)).strip() == EN.gone
    student = await Teacher.of(tutor, SentFiles(tutor).skill, teaches=frozenset())
    assert await student.send("qa.csv", GOOD) == ""


async def test_a_file_is_exported_forgotten_and_dropped_with_time(teacher: Teacher, course: Store) -> None:
    person = teacher.said.person
    await teacher.send("qa.csv", GOOD)
    assert [f["name"] for f in course.read(about, person)["files_sent"]] == ["qa.csv"]
    course.write(retention.apply, datetime.now(UTC))
    assert len(rows(course, "select 1 from sent_files")) == 1
    course.write(
        lambda db: db.execute("update sent_files set sent_at = ?", [iso(datetime.now(UTC) - timedelta(days=3))])
    )
    course.write(retention.apply, datetime.now(UTC))
    assert rows(course, "select 1 from sent_files") == []
    await teacher.send("qa.csv", GOOD)
    course.write(remove, person)
    assert rows(course, "select 1 from sent_files") == []
