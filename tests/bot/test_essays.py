"""A student picks an assignment, hands in a text or file, and reads an estimate with what was measured, or why not."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from catalogues import EN, ZH
from docx import Document
from small_course import rows
from small_essays import ESSAY, GOOD, POOR, REFERENCE, asked, last
from teacher import Teacher

from bot.essay_replies import rounded
from bot.essays import Essays
from bot.replies import Action
from bot.scorers import Scorers
from bot.sent_files import SentFiles
from bot.service import Tutor
from data import submissions
from data.documents import MAX_BYTES
from data.store import Store

T = EN.essay
LONG = "word " * 12_000


@pytest.fixture
async def student(marked_tutor: Tutor) -> Teacher:
    """A student, where the assignment's scorer serves."""
    return await Teacher.of(
        marked_tutor, SentFiles(marked_tutor).skill, Essays(marked_tutor).skill, teaches=frozenset()
    )


async def hand_in(student: Teacher, text: str) -> str:
    await student.command("essay")
    await student.press(ESSAY.title)
    return await student.say(text)


async def test_an_assignment_is_shown_before_the_text_is_asked_for(student: Teacher) -> None:
    assert (await student.command("essay")).strip() == T.choose
    assert student.labels == [ESSAY.title]
    told = await student.press(ESSAY.title)
    how = T.how.format(mb=10, limit="50,000")
    assert told.strip() == f"First essay\n\n{ESSAY.prompt}\n\n{T.scale.format(low='0', high='4')}\n\n{how}"


async def test_a_text_gets_an_estimate_with_its_interval_evidence_and_measures(student: Teacher, tutor: Tutor) -> None:
    told = await hand_in(student, GOOD)
    one = await last(tutor, student.said.person)
    assert one.estimate is not None and not one.estimate.refused
    value, least, most = (rounded(n, ESSAY) for n in (one.estimate.value, one.estimate.low, one.estimate.high))
    assert T.handed_in.format(title="First essay", n=len(GOOD)) in told
    assert T.estimate.format(value=value, low="0", high="4", least=least, most=most) in told
    assert 0 <= float(least) <= float(value) <= float(most) <= 4
    assert T.nearest.split("{")[0] in told and "likeness" in told
    assert T.strengths in told
    assert told.strip().endswith(T.note)
    poor = await Teacher.of(tutor, Essays(tutor).skill, teaches=frozenset())
    poor.said, poor.events = replace(poor.said, person="poor"), 100
    await tutor.meet("poor")
    assert T.gaps in await hand_in(poor, POOR)
    assert (await last(tutor, "poor")).estimate.value < one.estimate.value  # type: ignore[union-attr]


async def test_no_words_of_another_text_are_shown_to_a_student(student: Teacher, scorer_models: Path) -> None:
    told = await hand_in(student, GOOD)
    loaded = Scorers(scorer_models).find("essays")
    assert loaded is not None
    assert not [text for own in loaded.scorer.texts for text in own if text in told]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I don't know", T.reason_too_short),
        (f"{'我不知道这个问题的答案' * 8}", T.reason_language),
    ],
)
async def test_a_refused_text_says_why_gives_no_number_and_is_handed_in(
    student: Teacher, tutor: Tutor, text: str, reason: str
) -> None:
    told = await hand_in(student, text)
    assert T.refused.format(reasons=reason) in told
    assert T.estimate.split("{")[0] not in told
    assert (await last(tutor, student.said.person)).text == text


async def test_without_a_scorer_the_text_goes_to_the_teacher_without_an_estimate(
    student: Teacher, course: Store
) -> None:
    asked(course, replace(ESSAY, scorer=""))
    assert T.no_estimate in await hand_in(student, GOOD)
    await student.press(T.withdraw)
    asked(course, replace(ESSAY, scorer="none"))
    assert T.no_estimate in await hand_in(student, GOOD)
    await student.press(T.withdraw)
    asked(course, replace(ESSAY, max_score=3))  # the scorer learned marks up to 4
    assert T.no_estimate in await hand_in(student, GOOD)


@pytest.mark.parametrize("reference", ["", REFERENCE])
async def test_an_assignment_that_was_not_learned_has_no_number(
    student: Teacher, course: Store, reference: str
) -> None:
    asked(course, replace(ESSAY, prompt_id="p9", reference=reference))
    assert T.refused.format(reasons=T.reason_new_prompt) in await hand_in(student, GOOD)


async def test_a_scorer_that_fails_costs_no_text(student: Teacher, tutor: Tutor) -> None:
    class Broken(Scorers):
        def find(self, name: str) -> None:
            raise RuntimeError("broken")

    tutor.scorers = Broken(Path("none"))
    assert T.no_estimate in await hand_in(student, GOOD)
    assert (await last(tutor, student.said.person)).text == GOOD


async def test_the_same_event_hands_in_once_and_says_the_same(student: Teacher, course: Store) -> None:
    await student.command("essay")
    await student.press(ESSAY.title)
    said = replace(student.said, ref="again", text=GOOD)
    first = await student.skills.hear(said)
    assert await student.skills.hear(said) == first
    assert len(rows(course, "select 1 from submissions")) == 1


async def test_a_message_at_its_limit_is_not_taken_and_nothing_after_it_but_a_file(
    student: Teacher, course: Store
) -> None:
    assert (await hand_in(student, LONG[:4_050])).strip() == T.one_message
    assert (await student.say("the rest of it")).strip() == T.wants_file
    assert rows(course, "select 1 from submissions") == []
    assert T.handed_in.format(title="First essay", n=f"{len(LONG[:4050].strip()):,}") in await student.send(
        "a.txt", LONG[:4_050].encode()
    )


async def test_a_text_that_is_too_long_or_has_no_words_can_be_sent_again(student: Teacher) -> None:
    assert (await hand_in(student, "?!")).strip() == T.empty
    await student.command("essay")
    await student.press(ESSAY.title)
    assert (await student.send("a.md", LONG.encode())).strip() == T.too_long.format(n="59,999", limit="50,000")
    assert T.handed_in.split("“")[0] in await student.say(GOOD)


async def test_a_word_file_is_read_and_what_cannot_be_says_why(student: Teacher, tutor: Tutor) -> None:
    await student.command("essay")
    await student.press(ESSAY.title)
    assert (await student.send("a.odt", b"x")).strip() == T.file_kind
    assert (await student.send("a.pdf", b"x")).strip() == T.file_broken
    assert (await student.send("a.txt", b"", size=MAX_BYTES + 1)).strip() == T.file_large.format(mb=10)
    made, file = Document(), io.BytesIO()
    made.add_paragraph(GOOD)
    made.save(file)
    assert T.handed_in.split("“")[0] in await student.send("ada lovelace.docx", file.getvalue())
    assert (await last(tutor, student.said.person)).text == GOOD


async def test_a_file_without_an_assignment_is_asked_about_and_of_a_teacher_it_is_their_questions(
    student: Teacher, tutor: Tutor, course: Store
) -> None:
    assert (await student.send("a.txt", b"x")).strip() == T.which
    assert student.labels == [ESSAY.title]
    teacher = await Teacher.of(tutor, SentFiles(tutor).skill, Essays(tutor).skill)
    assert "a.docx" in await teacher.send("a.docx", b"x")
    asked(course, replace(ESSAY, closes_on="2020-01-01"))
    assert (await student.send("a.txt", b"x")).strip() == EN.text_only


async def test_what_was_handed_in_is_listed_shown_and_withdrawn(student: Teacher, tutor: Tutor, course: Store) -> None:
    await hand_in(student, GOOD)
    date = (await last(tutor, student.said.person)).submitted_at[:10]
    line = T.own_line.format(title="First essay", date=date, state=T.waits)
    assert (await student.command("essay")).strip() == f"{T.own}\n{line}"
    assert student.labels == [T.show.format(title="First essay")]
    shown = await student.press(T.show.format(title="First essay"))
    assert shown.startswith(T.shown.format(title="First essay", date=date, state=T.waits))
    assert GOOD in shown and T.note in shown
    assert (await student.press(T.withdraw)).strip() == T.withdrawn
    assert GOOD not in str(rows(course, "select * from submissions"))
    assert (await student.command("essay")).strip() == T.choose


async def test_a_second_text_waits_for_the_first_to_be_withdrawn(student: Teacher, tutor: Tutor) -> None:
    await student.command("essay")
    first = student.replies
    await student.press(ESSAY.title)
    await student.say(GOOD)
    student.replies = first
    assert T.standing in await student.press(ESSAY.title)
    assert T.withdraw in student.labels
    number = (await last(tutor, student.said.person)).id
    await tutor.meet("teacher")
    await tutor.write(submissions.mark, number, 3.0, "", teacher="teacher", ref=None)
    assert (await student.press(T.withdraw)).strip() == T.not_withdrawn


async def test_closed_assignments_other_people_s_texts_and_old_buttons_are_not_served(
    student: Teacher, tutor: Tutor, course: Store
) -> None:
    await student.command("essay")
    offered = student.replies
    await student.press(ESSAY.title)
    asked(course, replace(ESSAY, closes_on="2020-01-01"))
    assert (await student.say(GOOD)).strip() == T.closed
    student.replies = offered
    assert (await student.press(ESSAY.title)).strip() == T.closed
    assert (await student.command("essay")).strip() == T.none
    assert (await student.act(Action("e_pick", 99))).strip() == EN.gone
    asked(course)
    await hand_in(student, GOOD)
    number = (await last(tutor, student.said.person)).id
    student.said = replace(student.said, person="other")
    await tutor.meet("other")
    assert (await student.act(Action("e_show", number))).strip() == EN.gone
    assert (await student.act(Action("e_withdraw", number))).strip() == T.not_withdrawn


async def test_too_many_texts_a_day_are_put_off(student: Teacher, course: Store) -> None:
    await hand_in(student, GOOD)
    await student.press(T.withdraw)
    columns = "assignment, person, text, submitted_at, withdrawn_at"
    many = f"insert into submissions ({columns}) select {columns} from submissions"
    for _ in range(4):
        course.write(lambda db: db.execute(many))
    await student.command("essay")
    assert (await student.press(ESSAY.title)).strip() == T.often.format(n=10)


async def test_assignments_of_several_courses_name_theirs_and_a_chosen_course_has_its_own(
    student: Teacher, tutor: Tutor, course: Store
) -> None:
    asked(course, replace(ESSAY, course="zh", id="z", title="作文"))
    await student.command("essay")
    assert student.labels == ["First essay · ml", "作文 · zh"]
    await tutor.choose_course(student.said.person, "zh")
    await student.command("essay")
    assert student.labels == ["作文"]


async def test_everything_is_said_in_chinese_too(student: Teacher) -> None:
    student.said = replace(student.said, texts=ZH)
    told = await hand_in(student, GOOD)
    assert ZH.essay.note in told and ZH.essay.strengths in told
