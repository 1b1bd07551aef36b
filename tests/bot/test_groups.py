"""The bot in groups: it answers who calls it, keeps silent when unsure, and keeps nothing that is for others."""

import pytest
from bot_api import BotApi
from catalogues import EN
from small_course import FOREIGN, LR, SURE, SURE_ZH, UNSURE, WARM_UP, labels, read, rows, told

from data.store import Store

GROUP = -1001234

pytestmark = pytest.mark.usefixtures("app")


async def notice(api: BotApi, update: int) -> str:
    key = str(update)
    await api.wait_until(lambda: any(p["callback_query_id"] == key for p in told(api, "answerCallbackQuery")))
    return str(next(p for p in told(api, "answerCallbackQuery") if p["callback_query_id"] == key).get("text", ""))


async def test_who_mentions_it_is_answered_in_the_group_as_a_reply(api: BotApi, course: Store) -> None:
    api.say_in_group(GROUP, 7, f"@Test_Bot {SURE}")
    answer = await api.next_sent()
    assert (answer.chat_id, answer.reply_to) == (GROUP, 1)
    assert LR in read(answer)
    assert labels(answer) == [["👍", "👎"]]
    assert rows(course, "select text, chat, message from questions") == [{"text": SURE, "chat": GROUP, "message": 1}]
    assert rows(course, "select chat_id, blocked_at is null as reachable from chats") == [
        {"chat_id": 7, "reachable": 0}
    ]


async def test_who_replies_to_it_is_answered(api: BotApi) -> None:
    api.say_in_group(GROUP, 7, f"{SURE} @test_bot")
    answer = await api.next_sent(GROUP)
    api.say_in_group(GROUP, 8, WARM_UP, reply_to=answer)
    assert WARM_UP in read(await api.next_sent(GROUP))


async def test_it_is_silent_when_unsure(api: BotApi, course: Store) -> None:
    for text in (UNSURE, FOREIGN, "?!"):
        api.say_in_group(GROUP, 7, f"@test_bot {text}")
    api.say_in_group(GROUP, 7, f"@test_bot {SURE}")
    assert LR in read(await api.next_sent())
    assert len(api.sent) == 1
    assert [row["decision"] for row in rows(course, "select decision from questions")] == [
        "suggest",
        "abstain",
        "answer",
    ]


async def test_nothing_is_kept_of_what_is_for_others(api: BotApi, course: Store) -> None:
    for text in (SURE, f"@other_bot {SURE}", f"/ask {SURE}"):
        api.say_in_group(GROUP, 8, text)
    api.say_in_group(GROUP, 7, f"@test_bot {SURE}")
    assert (await api.next_sent()).reply_to == 4
    assert len(rows(course, "select * from people")) == 1
    assert len(rows(course, "select * from questions")) == 1
    assert rows(course, "select payload from inbox where payload is not null and update_id < 4") == []


async def test_everybody_there_has_one_changeable_vote(api: BotApi, course: Store) -> None:
    api.say_in_group(GROUP, 7, f"@test_bot {SURE}")
    answer = await api.next_sent()
    for user, button, said in ((7, "👍", EN.thanks), (8, "👍", EN.thanks), (8, "👎", EN.sorry)):
        assert await notice(api, api.press(user, answer, button)) == said
    assert sorted(row["vote"] for row in rows(course, "select vote from feedback")) == ["down", "up"]
    assert told(api, "editMessageReplyMarkup") == []


async def test_its_admins_choose_the_course_of_a_group_and_ones_own_does_not_count(api: BotApi, course: Store) -> None:
    api.admins.add(9)
    api.say_in_group(GROUP, 7, "/course ml")
    assert read(await api.next_sent(GROUP)) == EN.talk.group_admins
    api.say_in_group(GROUP, 9, "/course")
    offered = await api.next_sent(GROUP)
    assert await notice(api, api.press(7, offered, "机器学习")) == EN.talk.group_admins
    assert await notice(api, api.press(9, offered, "机器学习")) == ""
    assert read(await api.next_sent(GROUP)) == EN.talk.group_course.format(course="机器学习")
    for text in (SURE, SURE_ZH):
        api.say_in_group(GROUP, 7, f"@test_bot {text}")
    assert SURE_ZH in read(await api.next_sent(GROUP))
    assert [row["course"] for row in rows(course, "select course from questions")] == ["zh", "zh"]
    api.say_in_group(GROUP, 9, "/course old")
    assert read(await api.next_sent(GROUP)) == EN.no_course.format(course="old")
    assert rows(course, "select course from people") == [{"course": None}]


async def test_a_changed_question_is_answered_anew_there(api: BotApi, course: Store) -> None:
    api.say_in_group(GROUP, 7, f"@test_bot {FOREIGN}")
    api.say_in_group(GROUP, 7, f"@test_bot {SURE}", edits=1)
    answer = await api.next_sent(GROUP)
    assert (answer.reply_to, LR in read(answer)) == (1, True)
    assert [row["text"] for row in rows(course, "select text from questions")] == [SURE]


async def test_it_says_how_it_works_when_it_is_called_or_added(api: BotApi, course: Store) -> None:
    about = EN.talk.group_help.format(bot="@test_bot", course="Machine learning / 机器学习")
    api.say_in_group(GROUP, 7, "@test_bot")
    assert read(await api.next_sent(GROUP)) == about
    api.say_in_group(GROUP, 7, "/help@test_bot")
    assert read(await api.next_sent(GROUP)) == about
    group = {"id": GROUP, "type": "supergroup", "title": "Group"}
    person = {"id": 7, "is_bot": False, "first_name": "Ada", "language_code": "en"}
    service = {"message_id": 50, "date": 1, "chat": group, "from": person}
    api.send_update({"message": service | {"new_chat_members": [api.me]}})
    assert read(await api.next_sent(GROUP)) == about
    assert rows(course, "select * from questions") == []


async def test_thanks_are_returned(api: BotApi, course: Store) -> None:
    api.say_in_group(GROUP, 7, "thanks @test_bot!")
    assert read(await api.next_sent(GROUP)) == EN.talk.thanks
    assert rows(course, "select * from people") == []
