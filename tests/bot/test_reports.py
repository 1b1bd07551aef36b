"""Pictures for teachers, and what they are told unasked, each once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from catalogues import EN, ZH
from small_course import rows
from sqlite_utils import Database
from teacher import Teacher

from bot.digest import send_digests, tell_of_escalations, warn_of_expiry
from bot.posting import reply_of
from bot.replies import Action
from bot.reports import Reports
from bot.service import Tutor
from bot.teacher_pictures import DPI, SIZE, by_day, by_topic
from data import log, notices, people, queue, wishes
from data.figures import Day, Figures
from data.forgetting import remove
from data.records import Answer, Question
from data.store import Store

T = EN.teaching
PNG = b"\x89PNG\r\n\x1a\n"
MONDAY = date(2026, 11, 23)


@pytest.fixture
async def teacher(tutor: Tutor, course: Store) -> Teacher:
    """A teacher of the English course, in the store too."""
    teacher = await Teacher.of(tutor, Reports(tutor).skill)
    insert = "insert into teachers (person, course, since) values (?, 'ml', '')"
    course.write(lambda db: db.execute(insert, [teacher.said.person]))
    return teacher


def asked(store: Store, text: str, *, in_course: str = "ml", escalate: bool = False) -> int:
    def work(db: Database) -> int:
        people.meet(db, "ann")
        number = log.record_question(db, Question(text, in_course, person="ann"), Answer("abstain", 0.1))
        if escalate:
            log.escalate(db, number)
        return number

    return store.write(work)


def size(picture: bytes) -> tuple[int, int]:
    return int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")


async def test_stats_are_two_upright_pictures_of_each_course(teacher: Teacher, course: Store) -> None:
    assert (await teacher.command("stats")).strip() == T.stats_empty.format(days=30)
    asked(course, "Is the exam open book?")
    asked(course, "今天天气怎么样", in_course="zh")
    await teacher.command("stats")
    assert [r.file.name for r in teacher.replies if r.file] == ["stats-ml-1.png", "stats-ml-2.png"]
    for reply in teacher.replies:
        assert reply.file is not None
        assert reply.file.content.startswith(PNG)
        assert size(reply.file.content) == (int(SIZE[0] * DPI), int(SIZE[1] * DPI))
    assert "Machine learning" in teacher.replies[0].lead


async def test_who_teaches_all_sees_all_or_the_course_they_chose(tutor: Tutor, course: Store) -> None:
    admin = await Teacher.of(tutor, Reports(tutor).skill, teaches=None)
    asked(course, "Is the exam open book?")
    asked(course, "今天天气怎么样", in_course="zh")
    await admin.command("stats")
    assert len(admin.replies) == 4
    await tutor.choose_course(admin.said.person, "zh")
    await admin.command("stats")
    assert [r.file.name for r in admin.replies if r.file] == ["stats-zh-1.png", "stats-zh-2.png"]
    student = await Teacher.of(tutor, Reports(tutor).skill, teaches=frozenset())
    assert (await student.command("stats")).strip() == EN.not_allowed


@pytest.mark.parametrize("texts", [T, ZH.teaching])
def test_a_picture_can_be_drawn_of_whatever_there_is(texts: object, recwarn: pytest.WarningsRecorder) -> None:
    none = Figures("c", (Day("2026-11-23"),), (), (0,) * 24, ())
    topics = tuple((f"{'x' * 200} $a_{i} 数据", 10**6) for i in range(8))
    much = Figures(
        "c",
        tuple(Day(f"2026-11-{d:02}", 9, 8, 7, 1, 2) for d in range(1, 31)),
        topics,
        (9,) * 24,
        (("2026-11-05", "1"),),
    )
    for counted in (none, much):
        assert by_day(counted, texts).startswith(PNG)  # type: ignore[arg-type]
        assert by_topic(counted, [("$ \\frac{", 3)], texts).startswith(PNG)  # type: ignore[arg-type]


async def test_teachers_are_told_of_a_question_for_them_once_and_without_a_name(
    teacher: Teacher, course: Store
) -> None:
    number = asked(course, "Ask ann@example.org: is the exam open book?", escalate=True)
    for _ in range(2):
        course.write(tell_of_escalations)
    (notice,) = course.read(notices.waiting, person=teacher.said.person)
    assert notice.lead == T.queue_new.format(course="Machine learning", text="Ask <email>: is the exam open book?")
    first = reply_of(notice).rows[0][0].action
    assert first.verb == "q_answer"
    found = course.read(queue.find_cluster, first.question)
    assert found is not None
    assert [one.question for one in found.waiting] == [number]


async def test_who_muted_is_not_told(teacher: Teacher, course: Store) -> None:
    assert (await teacher.command("mute")).strip() == T.muted
    asked(course, "Is the exam open book?", escalate=True)
    assert course.write(tell_of_escalations) == 0
    assert (await teacher.command("unmute")).strip() == T.unmuted
    assert course.write(tell_of_escalations) == 1


async def test_what_teachers_were_to_be_told_of_a_forgotten_person_is_gone(teacher: Teacher, course: Store) -> None:
    asked(course, "Is the exam open book?", escalate=True)
    course.write(tell_of_escalations)
    course.write(remove, "ann")
    assert course.read(notices.waiting, person=teacher.said.person) == []


async def test_old_escalations_wait_in_the_queue_alone(teacher: Teacher, course: Store) -> None:
    asked(course, "Is the exam open book?", escalate=True)
    course.write(lambda db: db.execute("update escalations set created_at = '2026-01-01'"))
    assert course.write(tell_of_escalations) == 0


async def test_a_teacher_is_warned_once_a_week_before_an_entry_expires(teacher: Teacher, course: Store) -> None:
    today = datetime.now(UTC).date()
    for id_, days in (("lr", 7), ("due", 8), ("gpu", -1), ("batch", 0)):
        day = (today + timedelta(days=days)).isoformat()
        course.write(lambda db, v=(day, id_): db.execute("update entries set expires_on = ? where id = ?", v))
    for _ in range(2):
        course.write(warn_of_expiry)
    told = course.read(notices.waiting, person=teacher.said.person)
    assert len(told) == 2
    assert "Which learning rate should I start with?" in told[1].lead
    assert (today + timedelta(days=7)).isoformat() in told[1].lead
    key = rows(course, "select key from entries where id = 'lr'")[0]["key"]
    assert reply_of(told[1]).rows[0][0].action == Action("t_pick", 0, key)


async def test_the_digest_comes_once_a_week_to_who_wants_it(teacher: Teacher, tutor: Tutor, course: Store) -> None:
    asked(course, "Is the exam open book?")
    await send_digests(tutor, [], MONDAY)
    assert course.read(notices.waiting, person=teacher.said.person) == []
    assert (await teacher.command("digest")).strip() == T.digest_usage
    assert (await teacher.command("digest on")).strip() == T.digest_on
    for day in (MONDAY, MONDAY + timedelta(days=6)):
        await send_digests(tutor, [], day)
    told = course.read(notices.waiting, person=teacher.said.person)
    assert [notice.file_name for notice in told] == ["week-ml-1.png", "week-ml-2.png"]
    assert all(notice.file and notice.file.startswith(PNG) for notice in told)
    await send_digests(tutor, [], MONDAY + timedelta(days=7))
    assert len(course.read(notices.waiting, person=teacher.said.person)) == 4
    assert (await teacher.command("digest off")).strip() == T.digest_off
    assert course.read(wishes.digest_readers) == {}


async def test_an_admin_gets_the_digest_of_every_course(tutor: Tutor, course: Store) -> None:
    admin = await Teacher.of(tutor, Reports(tutor).skill, teaches=None)
    asked(course, "Is the exam open book?")
    asked(course, "今天天气怎么样", in_course="zh")
    await admin.command("digest on")
    await send_digests(tutor, [admin.said.person], MONDAY)
    assert len(course.read(notices.waiting, person=admin.said.person)) == 4
