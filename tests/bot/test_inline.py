"""Inline questions: found in any chat, recorded only when an answer is sent."""

import pytest
from bot_api import BotApi, Json
from small_course import FOREIGN, LR, SURE, UNSURE, rows, told

from data.store import Store

pytestmark = pytest.mark.usefixtures("app")


async def found(api: BotApi, text: str) -> list[Json]:
    key = str(api.type_inline(7, text))
    await api.wait_until(lambda: any(p["inline_query_id"] == key for p in told(api, "answerInlineQuery")))
    (answer,) = [params for params in told(api, "answerInlineQuery") if params["inline_query_id"] == key]
    assert answer["is_personal"] is True
    return list(answer["results"])


async def test_a_question_finds_what_answers_it_and_nothing_is_recorded(api: BotApi, course: Store) -> None:
    first, *_ = await found(api, SURE)
    assert first["title"] == LR
    assert "halve it where" in first["description"]
    assert "<b>2e-5</b>" in first["input_message_content"]["message_text"]
    assert 1 <= len(await found(api, UNSURE)) <= 5
    for table in ("questions", "people", "shown"):
        assert rows(course, f"select * from {table}") == []


@pytest.mark.parametrize("text", [FOREIGN, "", "?!", "z" * 4001])
async def test_what_is_not_known_finds_nothing(api: BotApi, text: str) -> None:
    assert await found(api, text) == []


async def test_what_is_sent_is_recorded_as_chosen(api: BotApi, course: Store) -> None:
    first, *_ = await found(api, SURE)
    api.send_inline(7, SURE, first["id"])
    await api.wait_until(lambda: rows(course, "select * from feedback") or (api.send_text(8, "hi") and False))
    asked = "select q.text, f.vote, e.id from questions q join feedback f on f.question = q.id join entries e on e.key"
    assert rows(course, f"{asked} = f.entry") == [{"text": SURE, "vote": "chosen", "id": "lr"}]


async def test_a_result_that_is_no_more_or_forged_is_no_choice(api: BotApi, course: Store) -> None:
    for result in ("999", "x", ""):
        api.send_inline(7, SURE, result)
    api.send_text(7, "thanks")
    await api.next_sent(7)
    assert len(rows(course, "select * from questions")) == 3
    assert rows(course, "select * from feedback") == []
