"""A person chooses the language; everything is then said in it, whatever Telegram says of them."""

import pytest
from bot_api import BotApi
from catalogues import EN, ZH

from bot.service import Tutor
from data import notices

pytestmark = pytest.mark.usefixtures("app")


async def say(api: BotApi, text: str, **profile: str | None) -> str:
    api.send_text(7, text, **profile)
    return (await api.next_sent(7)).text


async def test_the_language_is_chosen_by_a_button_and_kept(api: BotApi) -> None:
    api.send_text(7, "/language")
    offered = await api.next_sent(7)
    assert [button.text for row in offered.buttons for button in row] == [EN.name, ZH.name]
    api.press(7, offered, ZH.name)
    assert (await api.next_sent(7)).text == ZH.language_chosen
    assert (await say(api, "/help", language_code="en")).startswith(ZH.help)
    assert await say(api, "/language en", language_code="zh") == EN.language_chosen
    assert (await say(api, "/help")).startswith(EN.help)


async def test_a_button_of_a_language_that_is_not_there_is_refused(api: BotApi) -> None:
    api.send_text(7, "/language")
    await api.next_sent(7)
    api.send_update({"callback_query": {"id": "9", "from": api._person(7), "chat_instance": "1", "data": "l:tlh"}})
    assert (await api.next_sent(7)).text == EN.gone


async def test_nothing_is_open_to_break_off(api: BotApi) -> None:
    assert await say(api, "/cancel") == EN.nothing_open


async def test_a_file_that_no_skill_takes_is_answered_kindly(api: BotApi) -> None:
    api.send_file(7, "notes.bin", b"1")
    assert (await api.next_sent(7)).text == EN.text_only


async def test_a_notice_goes_to_the_chat_as_an_answer_to_the_question(api: BotApi, tutor: Tutor) -> None:
    api.send_text(7, "who won the match yesterday, please?")
    asked = await api.next_sent(7)
    person = tutor.person("telegram:7")
    number = await tutor.read(lambda db: next(iter(db.query("select id from questions")))["id"])
    await tutor.write(notices.put, person, "Nobody did.", key="1", question=number)
    told = await api.next_sent(7)
    assert (told.text, told.reply_to) == ("Nobody did.", asked.reply_to)
