"""A teacher adds and mends entries in chat, sees first what that changes, and can take it back."""

import pytest
from bot_api import BotApi
from catalogues import EN
from small_course import LR, read, rows
from sqlite_utils import Database
from teacher import Teacher

from bot.service import Tutor
from bot.teaching import Teaching
from data import log, people, settling
from data.entries import entries
from data.protection import protected
from data.records import Answer, Entry, Question
from data.store import Store

T = EN.teaching
DROPOUT = "What is dropout good for?"


@pytest.fixture
async def teacher(tutor: Tutor) -> Teacher:
    """A teacher of the English course."""
    return await Teacher.of(tutor, Teaching(tutor).skill)


def entry(store: Store, question: str) -> Entry:
    return next(e for e in store.read(entries, live=False) if e.question == question)


def asked(store: Store, *texts: str) -> None:
    def work(db: Database) -> None:
        people.meet(db, "ann")
        for text in texts:
            log.record_question(db, Question(text, "ml", person="ann"), Answer("abstain", 0.1))

    store.write(work)


async def test_an_entry_is_added_in_a_short_dialogue(teacher: Teacher, course: Store) -> None:
    assert T.ask_question in await teacher.command("teach")
    assert T.ask_answer in await teacher.say(DROPOUT)
    assert (await teacher.say("It hides units at random.")).startswith(T.draft_new.format(course="ml"))
    assert (teacher.replies[0].entry and teacher.replies[0].entry.answer) == "It hides units at random."
    assert len(course.read(entries)) == 10
    assert T.saved_entry.format(course="ml") in await teacher.press(T.save)
    assert entry(course, DROPOUT).answer == "It hides units at random."
    assert await teacher.say("anything") == ""
    assert [c.action for c in course.read(settling.changes, {"ml"}, 5)] == ["teach"]


async def test_saving_twice_for_one_event_saves_once(teacher: Teacher, course: Store) -> None:
    await teacher.command(f"teach {DROPOUT}", quoted="It hides units at random.")
    shown = teacher.replies
    first = await teacher.press(T.save)
    teacher.replies = shown
    assert await teacher.press(T.save, again=True) == first
    assert len(course.read(entries)) == 11
    teacher.replies = shown
    assert EN.gone in await teacher.press(T.save)


async def test_a_reply_to_a_message_makes_it_the_answer(teacher: Teacher, course: Store) -> None:
    assert T.ask_question in await teacher.command("teach", quoted="It hides units at random.")
    await teacher.say(DROPOUT)
    await teacher.press(T.save)
    assert entry(course, DROPOUT).answer == "It hides units at random."


async def test_section_source_and_expiry_can_be_given_and_emptied(teacher: Teacher, course: Store) -> None:
    await teacher.command(f"teach {DROPOUT}", quoted="It hides units.")
    for label, ask, text in (
        (T.part_section, T.ask_section, "Training"),
        (T.part_source, T.ask_source, "https://example.org"),
        (T.part_expiry, T.ask_expiry, "2030-12-01"),
    ):
        assert ask in await teacher.press(label)
        await teacher.say(text)
    assert T.draft_expires.format(date="2030-12-01") in teacher.text
    await teacher.press(T.part_section)
    await teacher.say("-")
    await teacher.press(T.save)
    saved = entry(course, DROPOUT)
    assert (saved.section, saved.source_url, saved.expires_on) == ("", "https://example.org", "2030-12-01")


@pytest.mark.parametrize(
    ("label", "text", "reason"),
    [
        (T.part_expiry, "tomorrow", "expires_on must be a date such as 2026-12-01"),
        (T.part_source, "example.org", "source_url must begin with https://"),
        (T.part_question, " ", "between 1 and"),
    ],
)
async def test_what_cannot_be_saved_is_refused_and_asked_again(
    teacher: Teacher, course: Store, label: str, text: str, reason: str
) -> None:
    await teacher.command(f"teach {DROPOUT}", quoted="It hides units.")
    shown = teacher.replies
    await teacher.press(label)
    assert reason in await teacher.say(text)
    teacher.replies = shown
    assert EN.gone not in await teacher.press(T.save)
    assert entry(course, DROPOUT).answer == "It hides units."


async def test_what_is_like_it_and_what_would_change_is_shown_before_it_is_saved(
    teacher: Teacher, course: Store
) -> None:
    asked(course, LR, "what does dropout do against overfitting")
    await teacher.command(f"teach {LR}", quoted="Start with 1.")
    assert T.draft_known in teacher.text
    assert T.draft_alike.format(question=LR, answer="Start with **2e-5** & halve it where the loss < 0 jumps.") in (
        teacher.text
    )
    await teacher.press(T.drop)
    assert teacher.text.strip() == T.dropped
    await teacher.command("teach What does dropout do against overfitting?", quoted="It hides units at random.")
    assert T.draft_changes.format(asked=2, changed=1) in teacher.text
    assert "What does dropout do against overfitting?" in teacher.text
    assert len(course.read(entries)) == 10


async def test_an_entry_that_changes_nothing_says_so(teacher: Teacher, course: Store) -> None:
    asked(course, LR)
    await teacher.command(f"teach {DROPOUT}", quoted="It hides units at random.")
    assert T.draft_no_changes.format(asked=1) in teacher.text


async def test_an_entry_is_found_and_mended_and_the_change_undone(teacher: Teacher, course: Store) -> None:
    assert T.ask_search in await teacher.command("edit")
    await teacher.say("homework due")
    assert T.pick_entry in teacher.text
    await teacher.press("When is the homework due?")
    assert T.save not in teacher.labels
    await teacher.press(T.part_answer)
    await teacher.say("On Monday.")
    await teacher.press(T.save)
    assert entry(course, "When is the homework due?").answer == "On Monday."
    (change,) = course.read(settling.changes, {"ml"}, 5)
    course.write(settling.undo, change.id, actor="x")
    assert entry(course, "When is the homework due?").answer == "On Friday at noon."


async def test_only_what_was_mended_is_written_over(teacher: Teacher, course: Store) -> None:
    await teacher.command("edit homework due")
    await teacher.press("When is the homework due?")
    await teacher.press(T.part_section)
    await teacher.say("Dates")
    course.write(lambda db: db.execute("update entries set answer = 'On Sunday.' where id = 'due'"))
    await teacher.press(T.save)
    mended = entry(course, "When is the homework due?")
    assert (mended.section, mended.answer) == ("Dates", "On Sunday.")


async def test_an_entry_that_is_gone_cannot_be_mended(teacher: Teacher, course: Store) -> None:
    await teacher.command("edit homework due")
    await teacher.press("When is the homework due?")
    await teacher.press(T.part_section)
    await teacher.say("Dates")
    course.write(lambda db: db.execute("update entries set retired_at = 'now' where id = 'due'"))
    assert "no longer there" in await teacher.press(T.save)


async def test_a_teacher_mends_entries_of_their_courses_alone(tutor: Tutor, course: Store) -> None:
    teacher = await Teacher.of(tutor, Teaching(tutor).skill, teaches=frozenset({"zh"}))
    from bot.replies import Action

    assert EN.gone in await teacher.act(Action("t_pick", 0, entry(course, LR).key))
    assert EN.gone in await teacher.act(Action("t_course", course="ml"))
    student = await Teacher.of(tutor, Teaching(tutor).skill, teaches=frozenset())
    assert EN.not_allowed in await student.command("teach")


async def test_who_teaches_several_courses_is_asked_which(tutor: Tutor, course: Store) -> None:
    teacher = await Teacher.of(tutor, Teaching(tutor).skill, teaches=None)
    assert T.which_course in await teacher.command(f"teach {DROPOUT}", quoted="It hides units.")
    await teacher.press("Machine learning")
    await teacher.press(T.save)
    assert entry(course, DROPOUT).course == "ml"
    await tutor.choose_course(teacher.said.person, "zh")
    assert T.ask_answer in await teacher.command("teach 什么是丢弃法？")


async def test_a_wording_is_protected_with_the_entry_that_must_answer_it(teacher: Teacher, course: Store) -> None:
    assert T.ask_question in await teacher.command("protect")
    assert T.pick_protected in await teacher.say("best learning rate to begin with")
    await teacher.press(LR)
    assert teacher.text.strip() == T.protected
    assert [(q.text, q.expected_ids) for q in course.read(protected)] == [("best learning rate to begin with", ("lr",))]


@pytest.mark.usefixtures("app")
async def test_in_a_group_teach_goes_on_in_the_teachers_own_chat(api: BotApi, course: Store, tutor: Tutor) -> None:
    api.send_text(5, "/start course-ml")
    await api.next_sent(5, timeout_s=15)
    person = tutor.person("telegram:5")
    course.write(lambda db: db.execute("insert into teachers (person, course, since) values (?, 'ml', '')", [person]))
    user = {"id": 5, "is_bot": False, "first_name": "Ada", "language_code": "en"}
    chat = {"id": -100, "type": "supergroup", "title": "Course"}
    quoted = {"message_id": 1, "date": 1, "chat": chat, "from": user | {"id": 6}, "text": "It hides units at random."}
    command = {"type": "bot_command", "offset": 0, "length": 6}
    text = {"text": f"/teach {DROPOUT}", "entities": [command], "reply_to_message": quoted}
    api.send_update({"message": {"message_id": 2, "date": 1, "chat": chat, "from": user} | text})
    shown = await api.next_sent(timeout_s=15)
    assert shown.chat_id == 5
    assert read(shown).startswith(T.draft_new.format(course="ml"))
    assert rows(course, "select count(*) as n from questions") == [{"n": 0}]
