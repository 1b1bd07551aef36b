"""The local Bot API answers the real client as Telegram does, goes wrong as told, and plays people faithfully."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from bot_api import BotApi, Button, Fault, Sent, plain_text
from telegram import Bot, InlineKeyboardMarkup, Update
from telegram import error as errors
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes
from telegram.request import HTTPXRequest

pytestmark = pytest.mark.asyncio

YES_NO = InlineKeyboardMarkup([[Button("Yes", callback_data="y"), Button("No", url="a.b")]])
UNKNOWN_TAGS = ["x<br>", "x<br/>", "<p>x</p>", "<h1>x</h1>", "<span>x</span>", '<span class="x">x</span>', "<>x</>"]
BADLY_NESTED = ["<b>x", "x</b>", "<b><i>x</b></i>", "<b>x</i>", "<b/>x", "x</u><u>y", "<ul><li>x</li></ul>"]
NOT_TAGS = ["1 < 2", "<", "<b x", "x <b", "<a href='x>y</a>", "<!-- x -->", "<![CDATA[x]]>", "<?x?>x"]
FAULTS = [
    (Fault.too_many(retry_after=7), errors.RetryAfter, "Retry in 7 seconds"),
    (Fault.server_error(), errors.NetworkError, "Bad Gateway"),
    (Fault.server_error(500), errors.NetworkError, "Internal Server Error"),
    (Fault.garbage(), errors.TelegramError, "Invalid server response"),
    (Fault.drop(), errors.NetworkError, "disconnected"),
    (Fault.blocked(), errors.Forbidden, "bot was blocked by the user"),
    (Fault.refuse_html(), errors.BadRequest, "an't parse entities"),
]


def client(api: BotApi, token: str = "1:TEST") -> Bot:
    requests = [HTTPXRequest(httpx_kwargs={"trust_env": False}) for _ in range(2)]
    return Bot(token, api.base_url, api.base_file_url, request=requests[0], get_updates_request=requests[1])


@pytest_asyncio.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as api:
        yield api


@pytest_asyncio.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    async with client(api) as bot:
        api.calls.clear()
        yield bot


async def post(api: BotApi, method: str, **request: object) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.post(f"{api.base_url}1:TEST/{method}", **request)  # type: ignore[arg-type]


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


async def test_a_sent_message_is_recorded_and_answered(api: BotApi, bot: Bot) -> None:
    answer = await bot.send_message(5, "<b>1 &lt; 2</b>?", "HTML", reply_markup=YES_NO, reply_to_message_id=9)
    buttons = ((Button("Yes", callback_data="y"), Button("No", url="a.b")),)
    assert api.sent == [Sent("sendMessage", 5, 1, "<b>1 &lt; 2</b>?", "HTML", buttons, 9, api.sent[0].at)]
    assert (answer.text, answer.chat_id, answer.message_id, answer.reply_markup) == ("1 < 2?", 5, 1, YES_NO)


async def test_each_message_is_next_once(api: BotApi, bot: Bot) -> None:
    waiting = asyncio.create_task(api.next_sent(6))
    for chat_id, text in ((5, "one"), (6, "two"), (5, "three"), (6, "four")):
        await bot.send_message(chat_id, text)
    assert (await waiting).text == "two"
    assert [(await api.next_sent(chat_id)).text for chat_id in (None, 6, 5)] == ["one", "four", "three"]
    with pytest.raises(TimeoutError):
        await api.next_sent(timeout_s=0.01)


async def test_an_edit_replaces_text_and_buttons(api: BotApi, bot: Bot) -> None:
    await bot.send_message(5, "Ready?", reply_markup=YES_NO)
    sent = await api.next_sent()
    api.press(5, sent, "Yes")
    await bot.edit_message_text("Go!", 5, sent.message_id)
    edit = await api.next_sent()
    assert (edit.method, edit.message_id, edit.text, edit.buttons) == ("editMessageText", sent.message_id, "Go!", ())
    with pytest.raises(LookupError):
        api.press(5, sent, "Yes")


async def test_a_markup_edit_changes_what_can_be_pressed(api: BotApi, bot: Bot) -> None:
    await bot.send_message(5, "Ready?")
    sent = await api.next_sent()
    await bot.edit_message_reply_markup(5, sent.message_id, reply_markup=YES_NO)
    assert api.sent == [sent]
    api.press(5, sent, "y")
    await bot.edit_message_reply_markup(5, sent.message_id)
    with pytest.raises(LookupError):
        api.press(5, sent, "y")


async def test_the_same_content_again_is_refused(api: BotApi, bot: Bot) -> None:
    await bot.send_message(5, "Ready?", reply_markup=YES_NO)
    with pytest.raises(errors.BadRequest, match=r"(?i)message is not modified: specified new"):
        await bot.edit_message_text("Ready?", 5, 1, reply_markup=YES_NO)
    with pytest.raises(errors.BadRequest, match=r"(?i)message is not modified"):
        await bot.edit_message_reply_markup(5, 1, reply_markup=YES_NO)
    await bot.edit_message_text("<i>Ready?</i>", 5, 1, "HTML", reply_markup=YES_NO)
    assert len(api.sent) == 2


async def test_an_unknown_message_cannot_be_edited(bot: Bot) -> None:
    with pytest.raises(errors.BadRequest, match=r"(?i)message to edit not found"):
        await bot.edit_message_text("x", 5, 77)


async def test_a_press_is_answered_once(api: BotApi, bot: Bot) -> None:
    api.send_text(5, "hi", language_code="fr")
    await bot.send_message(5, "Ready?", reply_markup=YES_NO)
    update_id = api.press(5, await api.next_sent(), "Yes")
    query = next(update.callback_query for update in await bot.get_updates(offset=update_id))
    assert query
    assert query.message
    assert (query.data, query.from_user.language_code, query.message.message_id) == ("y", "fr", 2)
    assert api.open_queries == {query.id}
    assert await query.answer()
    assert api.open_queries == set()
    with pytest.raises(
        errors.BadRequest, match=r"(?i)query is too old and response timeout expired or query id is invalid"
    ):
        await query.answer()


async def test_only_buttons_with_data_can_be_pressed(api: BotApi, bot: Bot) -> None:
    await bot.send_message(5, "Ready?", reply_markup=YES_NO)
    for absent in ("No", "Maybe"):
        with pytest.raises(LookupError):
            api.press(5, api.sent[0], absent)


@pytest.mark.parametrize(
    ("text", "mode"), [("x" * 4096, None), ("😀" * 2048, None), ("<b>" + "&lt;" * 4096 + "</b>", "HTML")]
)
async def test_the_longest_text_is_accepted(api: BotApi, bot: Bot, text: str, mode: str | None) -> None:
    await bot.send_message(5, text, mode)
    assert api.sent[0].text == text


@pytest.mark.parametrize(
    ("text", "mode", "complaint"),
    [
        ("x" * 4097, None, "message is too long"),
        ("😀" * 2048 + "x", None, "message is too long"),
        ("&lt;" * 4097, "HTML", "message is too long"),
        ("", None, "message text is empty"),
        (" \n", None, "message text is empty"),
        ("<b></b>", "HTML", "message text is empty"),
        ("<b>", "HTML", "can't parse entities: "),
        ("*x*", "MarkdownV2", "unsupported parse_mode"),
    ],
)
async def test_bad_texts_are_refused(api: BotApi, text: str, mode: str | None, complaint: str) -> None:
    fields = {"chat_id": 5, "text": text} | ({"parse_mode": mode} if mode else {})
    answer = await post(api, "sendMessage", data=fields)
    assert answer.status_code == answer.json()["error_code"] == 400
    assert answer.json()["description"].startswith(f"Bad Request: {complaint}")
    assert api.sent == []


@pytest.mark.parametrize("data", ["x" * 64, "é" * 32])
async def test_button_data_may_have_64_bytes(api: BotApi, bot: Bot, data: str) -> None:
    await bot.send_message(5, "x", reply_markup=InlineKeyboardMarkup.from_button(Button("x", callback_data=data)))
    assert api.sent[0].buttons[0][0].callback_data == data


@pytest.mark.parametrize("data", ["x" * 65, "é" * 33])
async def test_longer_button_data_is_refused(api: BotApi, bot: Bot, data: str) -> None:
    with pytest.raises(errors.BadRequest, match=r"(?i)button_data_invalid"):
        await bot.send_message(5, "x", reply_markup=InlineKeyboardMarkup.from_button(Button("x", callback_data=data)))
    assert api.sent == []


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("<b>b</b><strong>s</strong><i>i</i><em>e</em><u>u</u><ins>n</ins>", "bsieun"),
        ("<s>s</s><strike>t</strike><del>d</del><tg-spoiler>p</tg-spoiler>", "stdp"),
        ('<a href="http://x.y/?a=1&b=2">link</a> <span class="tg-spoiler">hidden</span>', "link hidden"),
        ('<pre><code class="language-python">1 &gt; 0</code></pre>', "1 > 0"),
        ("<blockquote expandable>q <b><i>n</i></b></blockquote><blockquote>r</blockquote>", "q nr"),
        ("&lt;&gt;&amp;&quot;&#233;&#xE9;", '<>&"éé'),
        ("Tom & Jerry &nbsp; &apos; 2 > 1", "Tom & Jerry &nbsp; &apos; 2 > 1"),
        ("&amp;lt;", "&lt;"),
    ],
)
async def test_telegrams_html_is_read(source: str, plain: str) -> None:
    assert plain_text(source) == plain


@pytest.mark.parametrize("source", [*UNKNOWN_TAGS, *BADLY_NESTED, *NOT_TAGS])
async def test_broken_html_is_refused(api: BotApi, bot: Bot, source: str) -> None:
    with pytest.raises(errors.BadRequest, match=r"(?i)can't parse entities: "):
        await bot.send_message(5, source, "HTML")
    assert api.sent == []


@pytest.mark.parametrize(("fault", "error", "words"), FAULTS)
async def test_a_fault_happens_once_and_nothing_is_sent(
    api: BotApi, bot: Bot, fault: Fault, error: type[errors.TelegramError], words: str
) -> None:
    api.fail("sendMessage", fault)
    with pytest.raises(error, match=words):
        await bot.send_message(5, "x")
    assert api.sent == []
    assert [method for method, _ in api.calls] == ["sendMessage"]
    await bot.send_message(5, "x")
    assert len(api.sent) == 1


async def test_a_message_can_arrive_without_the_bot_knowing(api: BotApi, bot: Bot) -> None:
    api.fail("sendMessage", Fault.deliver_then_drop())
    with pytest.raises(errors.NetworkError):
        await bot.send_message(5, "x")
    assert len(api.sent) == 1


async def test_a_hanging_request_is_carried_out_late(api: BotApi, bot: Bot) -> None:
    api.fail("sendMessage", Fault.hang(0.05))
    sending = asyncio.create_task(bot.send_message(5, "x"))
    await api.wait_until(lambda: api.calls)
    assert api.sent == []
    await asyncio.wait_for(sending, 5)
    assert len(api.sent) == 1


async def test_a_hanging_request_given_up_is_not_carried_out(api: BotApi, bot: Bot) -> None:
    api.fail("sendMessage", Fault.hang(60))
    with pytest.raises(errors.TimedOut):
        await bot.send_message(5, "x", read_timeout=0.05)
    await bot.send_message(5, "y")
    assert [sent.text for sent in api.sent] == ["y"]


async def test_faults_come_in_order_and_per_method(api: BotApi, bot: Bot) -> None:
    api.fail("sendMessage", Fault.blocked(), Fault.too_many())
    api.fail("sendMessage", Fault.server_error(503))
    await bot.get_me()
    for error in (errors.Forbidden, errors.RetryAfter, errors.NetworkError):
        with pytest.raises(error):
            await bot.send_message(5, "x")
    await bot.send_message(5, "x")


async def test_leaving_ends_requests_that_still_wait() -> None:
    async with BotApi(max_wait_s=60.0) as api, client(api) as bot:
        poll = asyncio.create_task(bot.get_updates(timeout=50))
        await api.wait_until(lambda: ("getUpdates", {"timeout": 50}) in api.calls)
        await api.__aexit__()
        with pytest.raises(errors.NetworkError):
            await asyncio.wait_for(poll, 5)


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
