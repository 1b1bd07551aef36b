"""A teacher marks what waits, the most uncertain first; the student is told; a second reading is kept apart."""

from dataclasses import replace
from pathlib import Path

import pytest
from catalogues import EN, ZH
from small_course import rows
from small_essays import ESSAY, GOOD, POOR, asked
from teacher import Teacher

from bot.marking import INLINE_CHARS, Marking
from bot.replies import Action
from bot.scorers import Scorers
from bot.scoring import estimated
from bot.service import Tutor
from data import assignments, notices, submissions
from data.store import Store
from data.submissions import Submission

T = EN.marking
SCALE = {"low": "0", "high": "4", "steps": T.steps.format(step="0.5")}


@pytest.fixture
async def teacher(marked_tutor: Tutor) -> Teacher:
    """A teacher of the English course, where the assignment's scorer serves."""
    return await Teacher.of(marked_tutor, Marking(marked_tutor).skill)


async def handed_in(tutor: Tutor, person: str, text: str = GOOD, *, lang: str = "en") -> Submission:
    (assignment,) = await tutor.read(assignments.assignments)
    await tutor.meet(person, lang=lang)
    estimate = await estimated(tutor, assignment, text)
    number = await tutor.write(submissions.hand_in, person, assignment, text, estimate, None)
    found = await tutor.read(submissions.find, number or 0)
    assert found is not None
    return found


async def other(teacher: Teacher) -> Teacher:
    """A colleague."""
    await teacher.tutor.meet("colleague")
    return Teacher(teacher.tutor, teacher.skills, replace(teacher.said, person="colleague"), events=1000)


async def test_a_text_comes_with_its_estimate_and_the_texts_that_are_evidence(
    teacher: Teacher, tutor: Tutor, scorer_models: Path
) -> None:
    one = await handed_in(tutor, "ada")
    told = await teacher.command("marks")
    assert told.startswith(T.head.format(title=ESSAY.title, course="Machine learning", number=one.id, left=1))
    assert GOOD in told and EN.essay.note in told and T.evidence in told
    assert told.strip().endswith(T.how.format(**SCALE))
    assert "ada" not in told.lower()
    loaded = Scorers(scorer_models).find("essays")
    assert loaded is not None
    assert sum(text in told for own in loaded.scorer.texts for text in own) >= 3
    assert teacher.labels == [T.skip]


async def test_what_is_refused_comes_first_and_skip_goes_round(teacher: Teacher, tutor: Tutor) -> None:
    sure, refused = await handed_in(tutor, "ada"), await handed_in(tutor, "bob", "dunno")
    told = await teacher.command("marks")
    assert f"text {refused.id} · 2 to go" in told and EN.essay.reason_too_short in told
    assert f"text {sure.id} · 2 to go" in await teacher.press(T.skip)
    assert f"text {refused.id} · 2 to go" in await teacher.press(T.skip)


async def test_a_mark_with_a_comment_is_saved_and_told_to_the_student_in_their_language(
    teacher: Teacher, tutor: Tutor, course: Store
) -> None:
    one = await handed_in(tutor, "ada", lang="zh")
    await teacher.command("marks")
    told = await teacher.say("3,5: Good.\nGive an example.")
    assert told.strip() == T.saved.format(score="3.5")
    assert teacher.labels == [T.change, T.next]
    (notice,) = await tutor.read(notices.waiting, person="ada")
    lead = ZH.essay.told.format(title=ESSAY.title, score="3.5", most="4")
    assert notice.lead == f"{lead}\n\n{ZH.essay.comment.format(comment=f'Good.{chr(10)}Give an example.')}"
    assert notice.choices == [[[ZH.essay.show.format(title=ESSAY.title), Action("e_show", one.id).encode()]]]
    assert rows(course, "select actor, action from changes where action = 'mark'") == [
        {"actor": teacher.said.person, "action": "mark"}
    ]


@pytest.mark.parametrize("typed", ["very good", "5", "-1", "3.25", "", "3.5.1", "99999", "3/10"])
async def test_what_is_no_mark_on_the_scale_is_asked_for_again(teacher: Teacher, tutor: Tutor, typed: str) -> None:
    await handed_in(tutor, "ada")
    await teacher.command("marks")
    assert (await teacher.say(typed)).strip() == T.not_a_mark.format(**SCALE)
    assert (await teacher.say("3")).strip() == T.saved.format(score="3")


@pytest.mark.parametrize(
    ("typed", "score", "comment"),
    [
        ("3/4: Good.", 3, "Good."),
        ("3。很好", 3, "很好"),
        ("３．５分，很好。", 3.5, "很好。"),
        ("3 分析不够", 3, "分析不够"),
        ("2,5", 2.5, ""),
    ],
)
async def test_a_mark_is_read_as_people_write_it(
    teacher: Teacher, tutor: Tutor, typed: str, score: float, comment: str
) -> None:
    one = await handed_in(tutor, "ada")
    await teacher.command("marks")
    await teacher.say(typed)
    found = await tutor.read(submissions.find, one.id)
    assert found is not None
    assert [(mark.score, mark.comment) for mark in found.marks] == [(score, comment)]


async def test_skip_goes_round_among_the_second_readings(teacher: Teacher, tutor: Tutor) -> None:
    for person in ("ada", "bob"):
        await handed_in(tutor, person)
        await teacher.command("marks")
        await teacher.say("3")
    colleague = await other(teacher)
    await colleague.command("marks")
    first = await colleague.press(T.second)
    second = await colleague.press(T.skip)
    assert T.second_reading in second and second != first
    assert await colleague.press(T.skip) == first


async def test_a_scorer_that_fails_hinders_no_mark(teacher: Teacher, tutor: Tutor) -> None:
    await handed_in(tutor, "ada")
    loaded = tutor.scorers.find("essays")
    assert loaded is not None
    loaded.scorer.prompts.clear()
    told = await teacher.command("marks")
    assert GOOD in told and T.evidence not in told
    assert (await teacher.say("3")).strip() == T.saved.format(score="3")


async def test_a_mark_is_changed_and_the_student_told_again(teacher: Teacher, tutor: Tutor) -> None:
    one = await handed_in(tutor, "ada")
    await teacher.command("marks")
    await teacher.say("3")
    told = await teacher.press(T.change)
    assert T.own_mark.format(score="3") in told and T.second_reading not in told
    assert (await teacher.say("4 Even better.")).strip() == T.saved.format(score="4")
    leads = [notice.lead for notice in await tutor.read(notices.waiting, person="ada")]
    assert [
        EN.essay.told.format(title=ESSAY.title, score=score, most="4") in lead
        for score, lead in zip("34", leads, strict=True)
    ] == [True, True]
    assert T.own_mark.format(score="4") in await teacher.command(f"marks {one.id}")


async def test_the_same_event_marks_and_tells_once(teacher: Teacher, tutor: Tutor, course: Store) -> None:
    await handed_in(tutor, "ada")
    await teacher.command("marks")
    said = replace(teacher.said, ref="again", text="3")
    first = await teacher.skills.hear(said)
    assert await teacher.skills.hear(said) == first
    assert len(rows(course, "select 1 from marks")) == len(rows(course, "select 1 from notices")) == 1


async def test_a_second_reading_is_kept_apart_and_the_student_not_told(
    teacher: Teacher, tutor: Tutor, course: Store
) -> None:
    await handed_in(tutor, "ada")
    await teacher.command("marks")
    await teacher.say("3")
    colleague = await other(teacher)
    assert (await colleague.command("marks")).strip() == T.empty
    told = await colleague.press(T.second)
    assert T.second_reading in told and T.own_mark.split("{")[0] not in told
    assert (await colleague.say("2.5")).strip() == T.saved_second.format(score="2.5")
    assert len(await tutor.read(notices.waiting, person="ada")) == 1
    (row,) = await tutor.read(lambda db: list(submissions.training_rows(db, None)))
    assert (row["score"], row["score2"]) == ("3", "2.5")
    assert await colleague.command("marks") == f"{T.empty}\n\n{T.last}\n"
    assert len(colleague.labels) == 1
    assert T.own_mark.format(score="2.5") in await colleague.press(colleague.labels[0])


async def test_a_reply_to_a_text_marks_that_text(teacher: Teacher, tutor: Tutor, course: Store) -> None:
    first, second = await handed_in(tutor, "ada"), await handed_in(tutor, "bob", POOR)
    await teacher.command(f"marks {first.id}")
    said = replace(teacher.said, ref="reply", text="2", buttons=(Action("m_next", second.id),))
    await teacher.skills.hear(said)
    assert rows(course, "select submission, score from marks") == [{"submission": second.id, "score": 2.0}]


async def test_a_long_text_comes_as_a_file_too(teacher: Teacher, tutor: Tutor) -> None:
    text = "ba de fi go " * 400
    one = await handed_in(tutor, "ada", text)
    told = await teacher.command("marks")
    file = teacher.replies[0].file
    assert file is not None
    assert (file.name, file.content.decode("utf-8-sig")) == (f"text-{one.id}.txt", text)
    assert text[: INLINE_CHARS - 1] + "…" in told and text not in told


async def test_what_was_withdrawn_or_is_another_course_s_cannot_be_marked(
    teacher: Teacher, tutor: Tutor, course: Store
) -> None:
    one = await handed_in(tutor, "ada")
    await teacher.command("marks")
    await tutor.write(submissions.withdraw, one.id, "ada")
    assert (await teacher.say("3")).strip() == T.gone
    assert (await teacher.command("marks")).strip() == T.empty
    two = await handed_in(tutor, "ada")
    stranger = await Teacher.of(tutor, Marking(tutor).skill, teaches=frozenset({"zh"}))
    assert (await stranger.command("marks")).strip() == T.empty
    assert (await stranger.command(f"marks {two.id}")).strip() == T.gone
    student = await Teacher.of(tutor, Marking(tutor).skill, teaches=frozenset())
    assert (await student.command("marks")).strip() == EN.not_allowed
    assert rows(course, "select 1 from marks") == []


async def test_without_a_scorer_there_is_a_text_and_no_evidence(teacher: Teacher, tutor: Tutor, course: Store) -> None:
    asked(course, replace(ESSAY, scorer=""))
    await handed_in(tutor, "ada")
    told = await teacher.command("marks")
    assert EN.essay.no_estimate in told and T.evidence not in told
