"""A real restart of the application: what was shown before it can still be pressed."""

from bot_api import BotApi
from catalogues import EN, ZH
from small_course import SURE, rows, running, told

from bot.service import Tutor
from data.entries import retire
from data.store import Store


async def notice(api: BotApi, update: int) -> str:
    key = str(update)
    await api.wait_until(lambda: any(p["callback_query_id"] == key for p in told(api, "answerCallbackQuery")))
    return str(next(p for p in told(api, "answerCallbackQuery") if p["callback_query_id"] == key).get("text", ""))


async def test_buttons_still_work_after_a_restart_and_say_so_when_what_they_belong_to_is_gone(
    api: BotApi, course: Store, tutor: Tutor
) -> None:
    async with running(api, course, tutor):
        api.send_text(7, SURE)
        answer = await api.next_sent(7)
        api.send_text(7, "/language")
        offered = await api.next_sent(7)
    async with running(api, course, tutor):
        assert await notice(api, api.press(7, answer, "👍")) == EN.thanks
        await notice(api, api.press(7, offered, ZH.name))
        assert (await api.next_sent(7)).text == ZH.language_chosen
    course.write(retire, [row["key"] for row in rows(course, "select key from entries where id = 'lr'")])
    async with running(api, course, tutor):
        assert await notice(api, api.press(7, answer, "👎")) == ZH.gone
    assert [row["vote"] for row in rows(course, "select vote from feedback")] == ["up"]
