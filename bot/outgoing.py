"""What handlers send: collected while an update is handled, and on disk together with the update being done.

A handler never talks to Telegram itself: it calls `send` (or one of its sisters), and the outbox does the rest.
"""

import base64
import html
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import ParseMode

from bot.render import messages, plain, to_html
from bot.replies import Choice, File, Reply
from data.records import Entry
from data.words import shortened

MAX_LABEL_CHARS = 60
MAX_TITLE_CHARS, MAX_DESCRIPTION_CHARS = 200, 120  # of an inline result
Method = Literal[
    "sendMessage", "sendDocument", "sendPhoto", "answerCallbackQuery", "editMessageReplyMarkup", "answerInlineQuery"
]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One call of the Bot API for a chat; `params` are JSON, as the Bot API names them."""

    chat: int
    method: Method
    params: dict[str, Any]


@dataclass(slots=True)
class Turn:
    """The handling of one update: what it sends so far, and the error that ended it, if any."""

    outgoing: list[Outgoing] = field(default_factory=list)
    error: Exception | None = None


class Later(Exception):  # not an error
    """Raised by a handler: what it sent so far goes out, and the update is handled again after the delay.

    The person's other updates wait behind it. After a restart it is handled at once.
    """

    def __init__(self, delay_s: float) -> None:
        super().__init__(f"again in {delay_s:.0f} s")
        self.delay_s = delay_s


turn: ContextVar[Turn] = ContextVar("turn")


def send(chat: int, reply: Reply, *, reply_to: int | None = None) -> None:
    """Send a reply: an entry rendered from its Markdown, split where it is long, the choices under the last part.

    `chat` is any private chat, not only that of the update. Raises LookupError outside of an update.
    """
    turn.get().outgoing.extend(calls(chat, reply, reply_to=reply_to))


def calls(chat: int, reply: Reply, *, reply_to: int | None = None) -> list[Outgoing]:
    """Return the calls of the Bot API that send a reply."""
    if reply.file is not None:
        made = [_file(chat, reply.file, reply.lead)]
    else:
        made = [Outgoing(chat, "sendMessage", {"text": t, "parse_mode": ParseMode.HTML}) for t in rendered(reply)]
    if reply_to is not None:
        made[0].params["reply_parameters"] = {"message_id": reply_to, "allow_sending_without_reply": True}
    if reply.rows:
        made[-1].params["reply_markup"] = _keyboard(reply.rows).to_dict()
    return made


def _file(chat: int, file: File, caption: str) -> Outgoing:
    params = {"filename": file.name, "content": base64.b64encode(file.content).decode(), "caption": caption}
    return Outgoing(chat, "sendPhoto" if file.is_picture else "sendDocument", params)


def acknowledge(chat: int, query: str, notice: str) -> None:
    """Answer the press of a button, with a short notice or without ("")."""
    params = {"callback_query_id": query} | ({"text": notice} if notice else {})
    turn.get().outgoing.append(Outgoing(chat, "answerCallbackQuery", params))


def answer_inline(chat: int, query: str, found: Sequence[Entry]) -> None:
    """Answer an inline question with entries, of which the person may send one; `chat` is their own."""
    results = [
        {
            "id": str(entry.key),
            "title": entry.question[:MAX_TITLE_CHARS],
            "description": plain("\n".join(to_html(entry.answer)))[:MAX_DESCRIPTION_CHARS],
            "text": rendered(Reply(entry=entry))[0],
        }
        for entry in found
    ]
    turn.get().outgoing.append(Outgoing(chat, "answerInlineQuery", {"inline_query_id": query, "results": results}))


def show_buttons(chat: int, message: int, markup: InlineKeyboardMarkup | None) -> None:
    """Change the buttons below a message that the bot sent, or take them away."""
    params = {"message_id": message} | ({"reply_markup": markup.to_dict()} if markup else {})
    turn.get().outgoing.append(Outgoing(chat, "editMessageReplyMarkup", params))


def rendered(reply: Reply) -> list[str]:
    """Return a reply as messages in Telegram's HTML, without its choices."""
    lead, tail = html.escape(reply.lead), html.escape(reply.choices_lead)
    if reply.entry is None:
        return [lead]
    before = "\n\n".join(filter(None, [lead, _heading(reply.entry)]))
    return messages(reply.entry.answer, before=before, after=_footer(reply.entry, tail))


def _heading(entry: Entry) -> str:
    return f"<b>{html.escape(entry.question[:1000])}</b>"


def _footer(entry: Entry, tail: str) -> str:
    lines = []
    if entry.section:
        lines.append(f"<i>{html.escape(entry.section[:200])}</i>")
    if entry.source_url:
        lines.append(f'<a href="{html.escape(entry.source_url)}">{html.escape(entry.source_url[:200])}</a>')
    return "\n\n".join(filter(None, ["\n".join(lines), tail]))


def _keyboard(rows: Sequence[Sequence[Choice]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(shortened(c.label, MAX_LABEL_CHARS), callback_data=c.action.encode()) for c in row]
            for row in rows
        ]
    )
