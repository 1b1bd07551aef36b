"""The local Bot API shows, edits and refuses messages and buttons as Telegram does."""

from __future__ import annotations

import asyncio

import pytest
from api_client import YES_NO, post
from bot_api import BotApi, Button, Sent, plain_text
from telegram import Bot, InlineKeyboardMarkup
from telegram import error as errors

UNKNOWN_TAGS = ["x<br>", "x<br/>", "<p>x</p>", "<h1>x</h1>", "<span>x</span>", '<span class="x">x</span>', "<>x</>"]
BADLY_NESTED = ["<b>x", "x</b>", "<b><i>x</b></i>", "<b>x</i>", "<b/>x", "x</u><u>y", "<ul><li>x</li></ul>"]
NOT_TAGS = ["1 < 2", "<", "<b x", "x <b", "<a href='x>y</a>", "<!-- x -->", "<![CDATA[x]]>", "<?x?>x"]


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
