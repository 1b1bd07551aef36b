"""The tutor in the terminal: the conversation of Telegram, with choices by number."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

from catalogues import EN, ZH
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console
from small_course import FOREIGN, LR, SURE, UNSURE, WITH_OTHERS, rows

from bot.console import Chat, typed
from bot.service import Tutor
from bot.texts import texts_for
from data.entries import Course
from data.store import Store

ML = Course("ml", "Machine learning", 8)


async def converse(
    tutor: Tutor, *lines: str, course: Course | None = None, lang: str = "en", folder: Path = Path("files")
) -> str:
    """Say these lines; return what the tutor says after its welcome."""

    async def spoken() -> AsyncIterator[str]:
        for line in lines:
            yield line

    await tutor.meet("ada")
    screen = io.StringIO()
    texts = texts_for(lang)
    await Chat(tutor, "ada", course, lang, Console(file=screen, width=200), folder).run(spoken())
    said = screen.getvalue()
    assert texts.welcome.split("{course}")[0] in said
    return said.split(texts.console_help.split()[0], 1)[1].split("\n", 1)[1]


def votes(store: Store) -> list[tuple[str | None, str, int | None]]:
    sql = "select e.id, f.vote, f.position from feedback f left join entries e on e.key = f.entry order by f.id"
    return [(row["id"], row["vote"], row["position"]) for row in rows(store, sql)]


async def test_an_answer_comes_with_its_section_and_source(tutor: Tutor) -> None:
    said = await converse(tutor, SURE)
    assert LR in said
    assert "Start with 2e-5 & halve it where the loss < 0 jumps." in said
    assert "Section: Training · Source: https://example.org/lr?a=1&b=2" in said
    assert "+  👍    -  👎" in said


async def test_a_vote_is_given_by_plus_and_changed_by_minus(tutor: Tutor, course: Store) -> None:
    said = await converse(tutor, SURE, "+", " - ")
    assert said.index(EN.thanks) < said.index(EN.sorry)
    assert votes(course) == [("lr", "down", 0)]


async def test_a_number_picks_a_choice(tutor: Tutor, course: Store) -> None:
    said = await converse(tutor, UNSURE, "2", "+")
    assert EN.suggest in said
    assert f"  0  {EN.none_of_these}" in said
    assert EN.thanks in said
    ((_, vote, position),) = votes(course)
    assert (vote, position) == ("chosen", 1)  # the thumb thanks, the choice says more


async def test_a_number_picks_one_of_the_others_below_an_answer(tutor: Tutor, course: Store) -> None:
    said = await converse(tutor, WITH_OTHERS, "1")
    assert EN.other_candidates in said
    assert [(vote, position) for _, vote, position in votes(course)] == [("chosen", 1)]


async def test_none_of_these_leads_to_a_teacher(tutor: Tutor, course: Store) -> None:
    said = await converse(tutor, UNSURE, "0", "t")
    assert EN.none_noted in said
    assert EN.escalated in said
    assert votes(course) == [(None, "none", None)]


async def test_what_is_not_known_goes_to_a_teacher(tutor: Tutor, course: Store) -> None:
    said = await converse(tutor, FOREIGN, "t")
    assert EN.abstain in said
    assert EN.escalated in said
    assert len(rows(course, "select * from escalations")) == 1


async def test_a_key_with_nothing_to_take_is_told_so_and_is_no_question(tutor: Tutor, course: Store) -> None:
    said = await converse(tutor, "7", "+", "t")
    assert said.count(EN.nothing_to_take) == 3
    assert EN.no_words not in said and "+ and - say" not in said
    assert rows(course, "select text from questions") == []


async def test_keys_in_capitals_or_full_width_and_two_digits_are_keys_and_no_questions(
    tutor: Tutor, course: Store
) -> None:
    said = await converse(tutor, UNSURE, "２", "＋", FOREIGN, "T", "12")
    assert EN.thanks in said and EN.escalated in said
    assert [(vote, position) for _, vote, position in votes(course)] == [("chosen", 1)]
    assert said.count(EN.nothing_to_take) == 1
    assert [row["text"] for row in rows(course, "select text from questions")] == [UNSURE, FOREIGN]


async def test_a_command_in_capitals_or_with_words_behind_it_is_that_command(tutor: Tutor) -> None:
    said = await converse(tutor, "/HELP", "/help me", "/Privacy", "/forget please", "NO", "/QUIT", SURE)
    assert said.count(EN.talk.all_commands) == 2
    assert EN.forget_kept in said
    assert LR not in said and EN.unknown_command not in said


async def test_after_i_do_not_know_there_is_nothing_to_judge_and_a_teacher_can_still_be_asked(tutor: Tutor) -> None:
    said = await converse(tutor, FOREIGN, "+", "1", "t")
    assert said.count(EN.nothing_to_take) == 2
    assert EN.escalated in said


async def test_the_course_is_chosen_by_name_or_number(tutor: Tutor, course: Store) -> None:
    said = await converse(tutor, "/course zh", SURE, "/course", "1", SURE, "/course", "3", SURE)
    assert "  1  Machine learning" in said
    assert f"  3  {EN.all_courses}" in said
    assert [row["course"] for row in rows(course, "select course from questions")] == ["zh", "ml", None]


async def test_an_unknown_course_is_refused_with_those_there_are(tutor: Tutor) -> None:
    assert "there are: ml, zh" in await converse(tutor, "/course old")


async def test_a_course_named_at_the_start_is_the_one_asked(tutor: Tutor, course: Store) -> None:
    await converse(tutor, SURE, course=ML)
    assert rows(course, "select course from questions") == [{"course": "ml"}]


async def test_an_unknown_command_is_named_as_such(tutor: Tutor) -> None:
    said = await converse(tutor, "/frobnicate", "/coursework", "/helpme")
    assert said.count(EN.unknown_command) == 1
    assert EN.talk.nearest.format(name="course") in said
    assert EN.talk.nearest.format(name="help") in said


async def test_help_is_shown_and_quit_ends(tutor: Tutor, course: Store) -> None:
    assert "+ and - say" in await converse(tutor, "/help", "/quit", SURE)
    assert rows(course, "select * from questions") == []


async def test_what_is_no_question_is_said_so_and_empty_lines_are_skipped(tutor: Tutor, course: Store) -> None:
    said = await converse(tutor, "", "  ", "?!", "why " * 1001)
    assert said.count(EN.no_words) == 1
    assert EN.too_long.format(limit="4,000") in said
    assert rows(course, "select * from questions") == []


async def test_what_the_terminal_could_not_decode_is_a_question_mark(tutor: Tutor, course: Store) -> None:
    assert LR in await converse(tutor, "which learning rate\udcff", SURE)
    assert rows(course, "select text from questions")[0] == {"text": "which learning rate?"}


async def test_markup_in_an_entry_is_shown_as_it_is(tutor: Tutor) -> None:
    assert "[bold]" in await converse(tutor, "/course [bold]x[/bold]")


async def test_a_chinese_student_reads_chinese(tutor: Tutor) -> None:
    said = await converse(tutor, "今天天气怎么样", "t", lang="zh")
    assert ZH.abstain in said
    assert ZH.escalated in said


async def test_a_store_that_fails_is_said_and_the_chat_goes_on(tutor: Tutor, course: Store) -> None:
    course.write(lambda db: db.execute("alter table shown rename to hidden"))
    said = await converse(tutor, SURE, "/help")
    assert "no such table" in said
    assert "+ and - say" in said


async def test_what_is_kept_is_said_and_shown(tutor: Tutor) -> None:
    said = await converse(tutor, SURE, "/privacy", "/export")
    assert EN.kept_until_forgotten in said
    assert f'"text": "{SURE}"' in said


async def test_a_yes_forgets_everything_and_the_lines_typed(tutor: Tutor, course: Store) -> None:
    typed = course.path.with_name("chat-history")
    typed.write_text(SURE)
    said = await converse(tutor, SURE, "/forget", "yes", "/export")
    assert EN.forget_done.format(questions=1, reactions=0, messages=0) in said
    assert said.rstrip().endswith(EN.nothing_kept)
    assert not typed.exists()
    assert rows(course, "select * from people") == []


async def test_a_no_forgets_nothing_and_a_yes_alone_neither(tutor: Tutor, course: Store) -> None:
    said = await converse(tutor, SURE, "/forget", "no", "yes")
    assert EN.forget_kept in said
    assert len(rows(course, "select * from questions")) == 1


async def test_who_was_forgotten_can_go_on_asking(tutor: Tutor, course: Store) -> None:
    assert LR in await converse(tutor, "/forget", "yes", SURE, "/course zh", SURE)
    assert [row["course"] for row in rows(course, "select course from questions")] == [None, "zh"]


async def test_the_history_of_the_terminal_is_its_owners_alone(tmp_path: Path) -> None:
    history = tmp_path / "chat-history"
    history.touch(mode=0o644)  # of an older version
    with create_pipe_input() as keyboard, create_app_session(input=keyboard, output=DummyOutput()):
        keyboard.send_text("when is the exam\r\x04")
        assert [line async for line in typed(history, ())] == ["when is the exam"]
    assert "when is the exam" in history.read_text()
    assert history.stat().st_mode & 0o777 == 0o600


async def test_a_file_that_cannot_be_written_is_told_and_the_chat_goes_on(tutor: Tutor, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("no folder")
    said = await converse(tutor, SURE, "/stats", SURE, course=ML, folder=tmp_path / "taken")
    assert "cannot be written (File exists)" in said
    assert said.count(LR) == 2


async def test_changes_are_listed_and_taken_back(tutor: Tutor, course: Store) -> None:
    said = await converse(tutor, "/undo", "/undo 99", "/undo x")
    assert EN.no_changes in said
    assert all(EN.not_undone.format(number=number).split(":")[0] in said for number in ("99", "x"))
