"""The conversation on Telegram, as a student has it."""

import time
from contextlib import suppress
from typing import Literal

import pytest
from bot_api import BotApi, Fault, Sent
from catalogues import EN, ZH
from small_course import (
    BATCH,
    FOREIGN,
    FOREIGN_ZH,
    LR,
    PARAGRAPHS,
    PROJECT,
    SURE,
    SURE_ZH,
    UNSURE,
    WARM_UP,
    WITH_OTHERS,
    labels,
    read,
    rows,
    told,
)

from data.entries import retire
from data.store import Store

FORGED = (
    *("", "x", "u:1", "u:1:999", "u:999:1", "c:1:0", "t:77:0", "u:-1:1", "k:none", "k:<b>", "z:1:1", "u:a:b", "u:²:1"),
    *(f"u:{'9' * 20}:1", f"u:1:{'9' * 30}", f"t:{'9' * 61}:", f"n:{'9' * 40}:0", f"u:{'9' * 5000}:1"),
)

EDIT = {
    **{"message_id": 1, "from": {"id": 7, "is_bot": False, "first_name": "Ada", "language_code": "en"}},
    **{"chat": {"id": 7, "type": "private"}, "date": 1, "edit_date": 2},
}

pytestmark = pytest.mark.usefixtures("app")


async def ask(api: BotApi, text: str, user: int = 7, **profile: str) -> Sent:
    api.send_text(user, text, **profile)
    return await api.next_sent(user)


async def pressed(api: BotApi, message: Sent, button: str, user: int = 7) -> str:
    """Press, as soon as the button is there, and return the notice that the person sees."""
    before = len(told(api, "answerCallbackQuery"))

    def press() -> bool:
        with suppress(LookupError):
            return bool(api.press(user, message, button))
        return False

    await api.wait_until(press)
    await api.wait_until(lambda: len(told(api, "answerCallbackQuery")) > before)
    return str(told(api, "answerCallbackQuery")[-1].get("text", ""))


async def marks(api: BotApi, times: int) -> list[str]:
    """Wait until buttons were marked so many times; return the labels now."""
    await api.wait_until(lambda: len(told(api, "editMessageReplyMarkup")) >= times)
    keyboard = told(api, "editMessageReplyMarkup")[-1]["reply_markup"]["inline_keyboard"]
    return [button["text"] for row in keyboard for button in row]


def votes(store: Store) -> list[tuple[str | None, str, int | None]]:
    sql = "select e.id, f.vote, f.position from feedback f left join entries e on e.key = f.entry order by f.id"
    return [(row["id"], row["vote"], row["position"]) for row in rows(store, sql)]


async def test_start_says_what_is_kept_and_lets_the_person_choose_a_course(api: BotApi) -> None:
    hello = await ask(api, "/start")
    assert EN.privacy in read(hello)
    assert EN.help in read(hello)
    assert "Machine learning" in read(hello)
    choice = await api.next_sent(7)
    assert read(choice) == EN.choose_course
    assert labels(choice) == [["Machine learning"], ["机器学习"], [EN.all_courses]]


async def test_a_chosen_course_is_searched_and_no_other(api: BotApi, course: Store) -> None:
    choice = await ask(api, "/course")
    assert await pressed(api, choice, "机器学习") == ""
    assert read(await api.next_sent(7)) == EN.course_chosen.format(course="机器学习")
    assert LR not in read(await ask(api, SURE))
    assert rows(course, "select course from questions") == [{"course": "zh"}]
    await pressed(api, choice, EN.all_courses)
    assert EN.all_courses in read(await api.next_sent(7))
    assert LR in read(await ask(api, SURE))


async def test_a_deep_link_chooses_the_course(api: BotApi, course: Store) -> None:
    hello = await ask(api, "/start course-zh")
    assert "机器学习" in read(hello)
    assert "Machine learning" not in read(hello)
    assert rows(course, "select course from people") == [{"course": "zh"}]


async def test_a_deep_link_to_an_unknown_course_says_so_and_offers_those_there_are(api: BotApi, course: Store) -> None:
    assert read(await ask(api, "/start course-<b>old")) == EN.no_course.format(course="<b>old")
    assert EN.privacy in read(await api.next_sent(7))
    assert labels(await api.next_sent(7))[0] == ["Machine learning"]
    assert rows(course, "select course from people") == [{"course": None}]


async def test_help_says_what_the_bot_can_do(api: BotApi) -> None:
    said = read(await ask(api, "/help"))
    assert said.startswith(EN.help)
    assert f"/course – {EN.command_course}" in said
    assert "/queue" not in said


async def test_an_answer_is_the_teachers_with_its_section_and_source(api: BotApi) -> None:
    update = api.send_text(7, SURE)
    answer = await api.next_sent(7)
    assert answer.parse_mode == "HTML"
    assert f"<b>{LR}</b>" in answer.text
    assert "Start with <b>2e-5</b> &amp; halve it where the loss &lt; 0 jumps." in answer.text
    assert "<i>Training</i>" in answer.text
    assert '<a href="https://example.org/lr?a=1&amp;b=2">' in answer.text
    assert labels(answer) == [["👍", "👎"]]
    assert answer.reply_to == 1
    await api.wait_confirmed(update)


async def test_the_next_best_stand_below_an_answer_and_can_be_chosen(api: BotApi, course: Store) -> None:
    answer = await ask(api, WITH_OTHERS)
    assert EN.other_candidates in read(answer)
    other = labels(answer)[1][0]
    await pressed(api, answer, other)
    assert other in read(await api.next_sent(7))
    assert [(vote, position) for _, vote, position in votes(course)] == [("chosen", 1)]


async def test_a_vote_is_recorded_once_marked_and_changeable(api: BotApi, course: Store) -> None:
    answer = await ask(api, SURE)
    assert await pressed(api, answer, "👍") == EN.thanks
    assert await marks(api, 1) == ["✓ 👍", "👎"]
    assert votes(course) == [("lr", "up", 0)]
    assert await pressed(api, answer, "👎") == EN.sorry
    assert await marks(api, 2) == ["👍", "✓ 👎"]
    assert await pressed(api, answer, "✓ 👎") == EN.sorry
    assert await marks(api, 3) == ["👍", "✓ 👎"]
    assert votes(course) == [("lr", "down", 0)]
    assert EN.failed not in [read(sent) for sent in api.sent]


async def test_an_unsure_tutor_offers_choices_and_records_the_one_taken(api: BotApi, course: Store) -> None:
    offer = await ask(api, UNSURE)
    assert read(offer) == EN.suggest
    assert len(offer.buttons) == 4
    assert labels(offer)[3] == [EN.none_of_these]
    (second,) = labels(offer)[1]
    await pressed(api, offer, second)
    answer = await api.next_sent(7)
    assert second in read(answer)
    assert labels(answer) == [["👍", "👎"]]
    ((_, vote, position),) = votes(course)
    assert (vote, position) == ("chosen", 1)


async def test_none_of_these_is_recorded_and_a_teacher_offered(api: BotApi, course: Store) -> None:
    offer = await ask(api, UNSURE)
    await pressed(api, offer, EN.none_of_these)
    noted = await api.next_sent(7)
    assert read(noted) == EN.none_noted
    assert votes(course) == [(None, "none", None)]
    await pressed(api, noted, EN.ask_teacher)
    assert read(await api.next_sent(7)) == EN.escalated


async def test_a_question_that_nothing_answers_goes_to_a_teacher_once(api: BotApi, course: Store) -> None:
    sorry = await ask(api, FOREIGN)
    assert read(sorry) == EN.abstain
    await pressed(api, sorry, EN.ask_teacher)
    assert read(await api.next_sent(7)) == EN.escalated
    await pressed(api, sorry, EN.ask_teacher)
    assert read(await api.next_sent(7)) == EN.already_escalated
    assert len(rows(course, "select * from escalations")) == 1


async def test_someone_elses_buttons_do_nothing(api: BotApi, course: Store) -> None:
    offer, sorry, answer = [await ask(api, text) for text in (UNSURE, FOREIGN, SURE)]
    choose = labels(offer)[0][0]
    for message, button in [(answer, "👍"), (offer, choose), (offer, EN.none_of_these), (sorry, EN.ask_teacher)]:
        assert await pressed(api, message, button, user=8) == EN.gone
    assert votes(course) == []
    assert rows(course, "select * from escalations") == []
    assert told(api, "editMessageReplyMarkup") == []


async def test_a_forged_or_old_button_is_answered_with_a_friendly_line(api: BotApi, course: Store) -> None:
    await ask(api, SURE)
    message = {"message_id": 1, "date": int(time.time()), "chat": {"id": 7, "type": "private"}, "text": "old"}
    user = {"id": 7, "is_bot": False, "first_name": "Ada", "language_code": "en"}
    for data in FORGED:
        query = {"id": data, "from": user, "chat_instance": "1", "data": data, "message": message}
        api.send_update({"callback_query": query})
    await api.wait_until(lambda: len(told(api, "answerCallbackQuery")) == len(FORGED))
    for data, answer in zip(FORGED, told(api, "answerCallbackQuery"), strict=True):
        assert answer == {"callback_query_id": data, "text": EN.gone}
    assert votes(course) == []


async def test_a_button_of_an_entry_that_was_taken_out_is_refused(api: BotApi, course: Store) -> None:
    answer = await ask(api, SURE)
    (key,) = [row["key"] for row in rows(course, "select key from entries where id = 'lr'")]
    course.write(retire, [key])
    assert await pressed(api, answer, "👍") == EN.gone


async def test_a_long_answer_is_split_at_paragraphs_with_the_buttons_at_the_end(api: BotApi) -> None:
    parts = [await ask(api, PROJECT)]
    while not parts[-1].buttons:
        parts.append(await api.next_sent(7))
    assert len(parts) > 1
    assert [paragraph for part in parts for paragraph in read(part).split("\n\n")] == [
        PROJECT,
        *[paragraph.strip() for paragraph in PARAGRAPHS],
    ]
    assert labels(parts[-1]) == [["👍", "👎"]]
    assert [part.reply_to for part in parts] == [1] + [None] * (len(parts) - 1)


async def test_refused_html_goes_as_plain_text(api: BotApi, course: Store) -> None:
    api.fail("sendMessage", Fault.refuse_html())
    answer = await ask(api, SURE)
    assert answer.parse_mode is None
    assert "Start with 2e-5 & halve it where the loss < 0 jumps." in answer.text
    assert "https://example.org/lr?a=1&b=2" in answer.text
    assert labels(answer) == [["👍", "👎"]]
    assert len(rows(course, "select * from questions")) == 1


async def test_a_question_that_is_too_long_is_refused_with_the_limit(api: BotApi, course: Store) -> None:
    assert read(await ask(api, "why " * 1000 + "?")) == EN.too_long.format(limit="4,000")
    assert rows(course, "select * from questions") == []
    assert read(await ask(api, "z" * 4000)) != EN.too_long.format(limit="4,000")


async def test_a_message_without_words_is_no_question(api: BotApi, course: Store) -> None:
    for text in (" ", "\n\t ", "?!", "___"):
        assert read(await ask(api, text)) == EN.no_words
    assert rows(course, "select * from questions") == []


async def test_an_unknown_command_is_named_as_such(api: BotApi) -> None:
    assert read(await ask(api, "/frobnicate now")) == EN.unknown_command
    assert read(await ask(api, "/relatd")) == EN.talk.nearest.format(name="related")


async def test_what_is_no_text_is_answered_with_a_line(api: BotApi) -> None:
    kinds: tuple[Literal["sticker", "voice", "photo"], ...] = ("sticker", "voice", "photo")
    for kind in kinds:
        api.send_media(7, kind)
        assert read(await api.next_sent(7)) == EN.text_only


async def test_a_chinese_student_reads_chinese(api: BotApi) -> None:
    hello = await ask(api, "/start", language_code="zh-hans")
    assert ZH.privacy in read(hello)
    choice = await api.next_sent(7)
    assert labels(choice)[-1] == [ZH.all_courses]
    answer = await ask(api, SURE_ZH)
    assert "把在一个任务上学到的知识用到另一个任务上。" in read(answer)
    assert await pressed(api, answer, "👍") == ZH.thanks
    sorry = await ask(api, FOREIGN_ZH)
    assert (read(sorry), labels(sorry)) == (ZH.abstain, [[ZH.ask_teacher]])


async def test_a_changed_message_is_answered_anew_and_the_old_words_are_gone(api: BotApi, course: Store) -> None:
    old = await ask(api, WARM_UP)
    for text in (f" {WARM_UP}", SURE):  # the first says the same and is not answered again
        api.send_update({"edited_message": EDIT | {"text": text}})
    answer = await api.next_sent(7)
    assert read(answer).startswith(EN.talk.edited)
    assert LR in read(answer)
    assert answer.reply_to == 1
    assert [row["text"] for row in rows(course, "select text from questions order by id")] == [SURE]
    assert await pressed(api, old, "👍") == EN.gone
    assert await pressed(api, answer, "👍") == EN.thanks
    assert votes(course) == [("lr", "up", 0)]


async def test_a_change_to_small_talk_or_of_what_a_dialogue_had_is_no_question(api: BotApi, course: Store) -> None:
    await ask(api, "/anonymous")
    api.send_update({"edited_message": EDIT | {"text": SURE}})
    assert read(await ask(api, "/cancel")) == EN.cancelled
    api.send_update({"edited_message": EDIT | {"text": "thanks"}})
    assert read(await api.next_sent(7)) == EN.talk.thanks
    assert rows(course, "select * from questions") == []


async def test_a_question_that_leans_on_the_last_one_says_what_it_is_about(api: BotApi, course: Store) -> None:
    await ask(api, SURE)
    follow_up = read(await ask(api, "why that much?"))
    assert follow_up.startswith(EN.talk.about.format(question=SURE))
    assert LR in follow_up
    logged = rows(course, "select text, context from questions order by id")
    assert logged == [{"text": SURE, "context": ""}, {"text": "why that much?", "context": SURE}]


async def test_small_talk_gets_a_human_line_in_ones_language_and_is_not_logged(api: BotApi, course: Store) -> None:
    assert read(await ask(api, "Hello!")) == EN.talk.hello
    assert read(await ask(api, "thanks a lot 🙏")) == EN.talk.thanks
    assert read(await ask(api, "🙂🙃")) == EN.talk.smile
    assert read(await ask(api, "are you a bot?", user=8, language_code="zh")) == ZH.talk.bot
    assert rows(course, "select * from questions") == []
    assert LR in read(await ask(api, f"hi, {SURE}"))


async def test_related_offers_what_is_close_and_shows_it(api: BotApi) -> None:
    assert read(await ask(api, "/related")) == EN.talk.nothing_asked
    await ask(api, SURE)
    near = await ask(api, "/related")
    assert read(near) == EN.talk.related.format(question=LR)
    (first,) = labels(near)[0]
    assert await pressed(api, near, first) == ""
    assert first in read(await api.next_sent(7))


async def test_an_anonymous_question_reaches_the_teachers_without_the_person(api: BotApi, course: Store) -> None:
    assert read(await ask(api, "/anonymous")) == EN.talk.anonymous_ask
    assert read(await ask(api, FOREIGN)) == EN.talk.anonymous_done
    (question,) = rows(course, "select person, message, text, id from questions")
    assert (question["person"], question["message"], question["text"]) == (None, None, FOREIGN)
    assert [row["question"] for row in rows(course, "select question from escalations")] == [question["id"]]
    assert LR in read(await ask(api, f"/anonymous {SURE}"))
    assert read(await ask(api, "/anonymous ?!")) == EN.no_words


async def test_what_is_logged_is_the_text_as_typed_under_a_pseudonym(api: BotApi, course: Store) -> None:
    await ask(api, f"  {SURE}  ", user=123456)
    ((question, person),) = [(row["text"], row["person"]) for row in rows(course, "select * from questions")]
    assert question == f"  {SURE}  "
    assert "123456" not in person


async def test_the_menu_of_commands_is_set_in_both_languages(api: BotApi) -> None:
    menus = {params.get("language_code"): params["commands"] for params in told(api, "setMyCommands")}
    about = [ZH.command_privacy, ZH.command_export, ZH.command_forget]
    spoken = [command["description"] for command in menus["zh"]]
    assert spoken[:3] == [ZH.command_start, ZH.command_help, ZH.command_course]
    assert spoken[-5:] == [ZH.command_language, *about, ZH.command_cancel]
    named = [command["command"] for command in menus[None]]
    assert len(named) == len(spoken)
    assert not {"queue", "undo", "invite"} & set(named)


async def test_two_students_are_kept_apart(api: BotApi, course: Store) -> None:
    for user, text in ((7, WARM_UP), (8, BATCH)):
        api.send_text(user, text)
    assert WARM_UP in read(await api.next_sent(7))
    assert BATCH in read(await api.next_sent(8))
    assert len({row["person"] for row in rows(course, "select person from questions")}) == 2
