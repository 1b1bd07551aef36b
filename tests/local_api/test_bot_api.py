"""The local Bot API answers the real client as Telegram does, and plays people faithfully."""

from __future__ import annotations

import asyncio
import json

import pytest
from api_client import YES_NO, client, post
from bot_api import BotApi
from telegram import Bot, Update
from telegram import error as errors
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes


async def test_addresses_are_on_the_loopback(api: BotApi) -> None:
    assert api.base_url.startswith("http://127.0.0.1:")
    assert api.base_url.endswith("/bot")
    assert api.base_file_url.endswith("/file/bot")


async def test_wrong_token_is_unauthorized(api: BotApi) -> None:
    stranger = client(api, "1:WRONG")
    async with stranger.request:
        with pytest.raises(errors.InvalidToken, match="Unauthorized"):
            await stranger.get_me()
    assert api.calls == []


async def test_unknown_method_is_not_found(bot: Bot) -> None:
    with pytest.raises(errors.EndPointNotFound):
        await bot.do_api_request("getLost")


async def test_bot_knows_itself(bot: Bot) -> None:
    assert (bot.id, bot.username, (await bot.get_me()).is_bot) == (1, "test_bot", True)


async def test_settings_are_accepted_and_recorded(api: BotApi, bot: Bot) -> None:
    assert await bot.set_my_commands([("start", "Begin")], language_code="fr")
    assert await bot.delete_my_commands()
    assert await bot.set_my_description("True or false?")
    assert await bot.set_my_short_description("1")
    assert await bot.send_chat_action(5, "typing")
    assert await bot.set_webhook("https://bot.example")
    assert await bot.delete_webhook()
    assert api.calls[0][1] == {"commands": [{"command": "start", "description": "Begin"}], "language_code": "fr"}
    assert api.calls[3:5] == [
        ("setMyShortDescription", {"short_description": "1"}),
        ("sendChatAction", {"chat_id": 5, "action": "typing"}),
    ]


async def test_updates_stay_until_a_later_offset_confirms_them(api: BotApi, bot: Bot) -> None:
    first, second = api.send_text(5, "one"), api.send_text(5, "two")
    for _ in range(2):
        assert [update.update_id for update in await bot.get_updates()] == [first, second]
    assert [update.update_id for update in await bot.get_updates(offset=second)] == [second]
    assert api.unconfirmed() == [second]
    assert await bot.get_updates(offset=second + 1) == ()
    await api.wait_confirmed(second)
    assert api.unconfirmed() == []


async def test_negative_offset_forgets_all_but_the_last_updates(api: BotApi, bot: Bot) -> None:
    *_, last = (api.send_text(5, text) for text in "abc")
    assert [update.update_id for update in await bot.get_updates(offset=-1)] == [last]
    assert api.unconfirmed() == [last]


async def test_limit_caps_the_updates_of_one_answer(api: BotApi, bot: Bot) -> None:
    first, *_ = [api.send_text(5, text) for text in "abc"]
    assert [update.update_id for update in await bot.get_updates(limit=1)] == [first]
    assert len(api.unconfirmed()) == 3


async def test_long_poll_waits_for_an_update(api: BotApi, bot: Bot) -> None:
    api.max_wait_s = 60.0
    poll = asyncio.create_task(bot.get_updates(timeout=50))
    await api.wait_until(lambda: api.calls)
    assert not poll.done()
    update_id = api.send_text(5, "at last")
    assert [update.update_id for update in await asyncio.wait_for(poll, 5)] == [update_id]


async def test_long_poll_is_capped(api: BotApi, bot: Bot) -> None:
    api.max_wait_s = 0.01
    assert await asyncio.wait_for(bot.get_updates(timeout=50), 5) == ()


async def test_waiting_for_a_confirmation_has_a_limit(api: BotApi) -> None:
    with pytest.raises(TimeoutError):
        await api.wait_confirmed(api.send_text(5, "hello"), timeout_s=0.01)


async def test_pending_updates_can_be_dropped(api: BotApi, bot: Bot) -> None:
    api.send_text(5, "while you were out")
    await bot.delete_webhook()
    assert len(api.unconfirmed()) == 1
    await bot.delete_webhook(drop_pending_updates=True)
    assert api.unconfirmed() == []


async def test_a_person_is_remembered_between_messages(api: BotApi, bot: Bot) -> None:
    api.send_text(5, "salut", language_code="fr", first_name="Zoé")
    api.send_text(5, "encore")
    api.send_text(6, "hi")
    users = [update.effective_user for update in await bot.get_updates()]
    assert [(user.id, user.language_code, user.first_name) for user in users if user] == [
        (5, "fr", "Zoé"),
        (5, "fr", "Zoé"),
        (6, "en", "Ada"),
    ]


async def test_message_ids_count_per_chat(api: BotApi, bot: Bot) -> None:
    api.send_text(5, "one")
    api.send_text(6, "one")
    assert [(await bot.send_message(chat_id, "two")).message_id for chat_id in (5, 5, 6)] == [2, 3, 2]
    updates = await bot.get_updates()
    assert [(m.chat_id, m.chat.type, m.message_id) for u in updates if (m := u.message)] == [
        (5, "private", 1),
        (6, "private", 1),
    ]


@pytest.mark.parametrize(
    ("text", "length"), [("/start", 6), ("/start ref", 6), ("/a@test_bot b", 11), ("/", 0), ("hi /start", 0), ("/é", 0)]
)
async def test_commands_are_marked(api: BotApi, bot: Bot, text: str, length: int) -> None:
    api.send_text(5, text)
    (update,) = await bot.get_updates()
    assert update.message
    assert [(entity.type, entity.offset, entity.length) for entity in update.message.entities] == (
        [("bot_command", 0, length)] if length else []
    )


async def test_media_and_raw_updates_arrive(api: BotApi, bot: Bot) -> None:
    for kind in ("sticker", "voice", "photo"):
        api.send_media(5, kind)
    edited = {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "edited"}
    api.send_update({"edited_message": edited})
    api.send_update({"update_id": 70, "edited_message": edited})
    sticker, voice, photo, *edits = await bot.get_updates()
    assert sticker.message
    assert sticker.message.sticker
    assert voice.message
    assert voice.message.voice
    assert photo.message
    assert photo.message.photo
    assert [(edit.update_id, edit.edited_message.text) for edit in edits if edit.edited_message] == [
        (4, "edited"),
        (70, "edited"),
    ]


@pytest.mark.parametrize("text", ["123", "true", "[1]", "{", "null", " x "])
@pytest.mark.parametrize("body", ["data", "files", "json"])
async def test_every_body_gives_the_same_params(api: BotApi, text: str, body: str) -> None:
    markup = YES_NO.to_dict()
    params: dict[str, object] = {"chat_id": 5, "text": text, "disable_notification": True, "reply_markup": markup}
    fields = {"chat_id": "5", "text": text, "disable_notification": "true", "reply_markup": json.dumps(markup)}
    parts = {name: (None, value) for name, value in fields.items()}
    answer = await post(api, "sendMessage", **{body: {"data": fields, "files": parts, "json": params}[body]})
    assert answer.json()["result"]["text"] == text
    assert api.calls == [("sendMessage", params)]


async def test_a_real_application_talks_to_a_person(api: BotApi) -> None:
    async def start(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message
        await update.message.reply_text("Ready?", reply_markup=YES_NO, do_quote=True)

    async def pressed(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query
        await update.callback_query.answer()
        await update.callback_query.edit_message_text("Go!")

    application = Application.builder().bot(client(api)).build()
    application.add_handlers([CommandHandler("start", start), CallbackQueryHandler(pressed)])
    api.send_text(5, "/start")
    async with application:
        await application.start()
        assert application.updater
        await application.updater.start_polling()
        question = await api.next_sent(5)
        assert question.reply_to == 1
        await api.wait_confirmed(api.press(5, question, "Yes"))
        assert (await api.next_sent(5)).text == "Go!"
        await application.updater.stop()
        await application.stop()
    assert api.unconfirmed() == []
    assert api.open_queries == set()
