"""The Telegram front end: handlers that read an update, call the service and send the reply."""

import contextlib
import html
import logging
from collections.abc import Sequence
from typing import Any

from telegram import Bot, CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters, Update, User
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, TelegramError
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters

from bot import replies
from bot.render import messages, plain
from bot.replies import Action, Reply
from bot.service import QuestionError, Tutor
from bot.texts import Texts, texts_for
from data.entries import Course
from data.errors import TutorError
from data.records import Entry, Question
from qa_model.answerer import MAX_QUESTION_CHARS

MAX_LABEL_CHARS = 60
MAX_TITLES = 10
Context = ContextTypes.DEFAULT_TYPE

logger = logging.getLogger(__name__)


class Handlers:
    """The conversation on Telegram, in private chats, over one tutor."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor

    def register(self, app: "Application[Any, Any, Any, Any, Any, Any]") -> None:
        """Add every handler, the first that fits wins."""
        private = filters.ChatType.PRIVATE
        for command in ("start", "help", "course"):
            app.add_handler(CommandHandler(command, getattr(self, command), filters=private))
        app.add_handler(CallbackQueryHandler(self.button))
        app.add_handler(MessageHandler(private & filters.COMMAND, self.unknown_command))
        app.add_handler(MessageHandler(private & filters.TEXT, self.text))
        app.add_handler(MessageHandler(private & ~filters.StatusUpdate.ALL, self.other))

    async def start(self, update: Update, context: Context) -> None:
        """Say hello, what is kept, and which course it is about; `/start course-ID` chooses one."""
        user, texts = _sender(update)
        person = await self._meet(update, user)
        known = await self._tutor.courses()
        payload = context.args[0] if context.args else ""
        course: Course | None = known[0] if len(known) == 1 else None
        if payload.startswith("course-"):
            course = next((c for c in known if c.id == payload.removeprefix("course-")), None)
            if course is None:
                await self._say(update, context, texts.no_course.format(course=payload.removeprefix("course-")[:56]))
        if course is not None:
            await self._tutor.choose_course(person, course.id)
        about = course.title if course else _titles(known)
        await self._say(update, context, f"{texts.welcome.format(course=about)}\n\n{texts.privacy}\n\n{texts.help}")
        if course is None and known:
            await _send(context.bot, _chat(update), replies.pick_course(known, texts))

    async def help(self, update: Update, context: Context) -> None:
        """Say what the bot can do."""
        _, texts = _sender(update)
        await self._say(update, context, texts.help)

    async def course(self, update: Update, context: Context) -> None:
        """Let the person choose the course."""
        _, texts = _sender(update)
        await _send(context.bot, _chat(update), replies.pick_course(await self._tutor.courses(), texts))

    async def text(self, update: Update, context: Context) -> None:
        """Any text is a question."""
        user, texts = _sender(update)
        message = update.effective_message
        assert message is not None and message.text is not None  # by the filter
        with contextlib.suppress(TelegramError):  # a courtesy: the answer does not wait for it
            await context.bot.send_chat_action(_chat(update), ChatAction.TYPING)
        person = await self._meet(update, user)
        question = Question(message.text, person=person, ref=f"telegram:{update.update_id}")
        try:
            asked = await self._tutor.ask(question)
        except QuestionError as error:
            too_long = texts.too_long.format(limit=f"{MAX_QUESTION_CHARS:,}")
            await self._say(update, context, too_long if error.reason == "too_long" else texts.no_words)
            return
        await _send(context.bot, _chat(update), replies.answered(asked, texts), reply_to=message.message_id)

    async def button(self, update: Update, context: Context) -> None:
        """Carry out what a button says; one of someone else or of long ago is answered with a friendly line."""
        query = update.callback_query
        assert query is not None  # by the handler
        user, texts = _sender(update)
        action = Action.decode(query.data or "")
        try:
            if action is None:
                raise TutorError("not one of our buttons")
            person = await self._meet(update, user)
            notice, reply = await replies.take(self._tutor, person, action, texts)
        except TutorError as error:
            logger.info("a button was refused: %s", error)
            notice, reply = texts.gone, None
        await _acknowledge(query, notice)
        if action is not None and action.verb in ("up", "down") and notice != texts.gone:
            await _mark(query, action)
        if reply is not None:
            await _send(context.bot, _chat(update), reply)

    async def unknown_command(self, update: Update, context: Context) -> None:
        """Say that there is no such command."""
        _, texts = _sender(update)
        await self._say(update, context, texts.unknown_command)

    async def other(self, update: Update, context: Context) -> None:
        """Say that stickers, voice, photos and files cannot be read."""
        _, texts = _sender(update)
        await self._say(update, context, texts.text_only)

    async def _meet(self, update: Update, user: User) -> str:
        person = self._tutor.person(f"telegram:{user.id}")
        await self._tutor.meet(person, lang=user.language_code or "", chat_id=_chat(update))
        return person

    async def _say(self, update: Update, context: Context, text: str) -> None:
        await _send(context.bot, _chat(update), Reply(text))


def _sender(update: Update) -> tuple[User, Texts]:
    user = update.effective_user
    assert user is not None  # private chats and buttons have one
    return user, texts_for(user.language_code or "")


def _titles(courses: Sequence[Course]) -> str:
    return " / ".join(c.title[:100] for c in courses[:MAX_TITLES]) + (" …" if len(courses) > MAX_TITLES else "")


def _chat(update: Update) -> int:
    """Return the private chat with the sender: on Telegram its id is the person's."""
    assert update.effective_user is not None
    return update.effective_user.id


async def _send(bot: Bot, chat: int, reply: Reply, *, reply_to: int | None = None) -> None:
    """Send a reply: an entry rendered from its Markdown, split where it is long, the choices under the last part."""
    lead, tail = html.escape(reply.lead), html.escape(reply.choices_lead)
    if reply.entry is None:
        parts = [lead]
    else:
        parts = messages(reply.entry.answer, before=_heading(reply.entry), after=_footer(reply.entry, tail))
    keyboard = _keyboard(reply.rows)
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        await _send_html(bot, chat, part, keyboard if last else None, reply_to if i == 0 else None)


async def _send_html(
    bot: Bot, chat: int, text: str, keyboard: InlineKeyboardMarkup | None, reply_to: int | None
) -> None:
    """Send one message; where Telegram refuses the HTML, the same as plain text."""

    quoted = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None

    async def send(body: str, mode: ParseMode | None) -> None:
        await bot.send_message(
            chat,
            body,
            parse_mode=mode,
            reply_markup=keyboard,
            reply_parameters=quoted,
        )

    try:
        await send(text, ParseMode.HTML)
    except BadRequest as error:
        if "parse entities" not in error.message:
            raise
        logger.warning("Telegram refused the HTML of an answer, it goes as plain text: %s", error.message)
        await send(plain(text), None)


def _heading(entry: Entry) -> str:
    return f"<b>{html.escape(entry.question[:1000])}</b>"


def _footer(entry: Entry, tail: str) -> str:
    lines = []
    if entry.section:
        lines.append(f"<i>{html.escape(entry.section[:200])}</i>")
    if entry.source_url:
        lines.append(f'<a href="{html.escape(entry.source_url)}">{html.escape(entry.source_url[:200])}</a>')
    return "\n\n".join(filter(None, ["\n".join(lines), tail]))


def _keyboard(rows: Sequence[Sequence[replies.Choice]]) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(_label(c.label), callback_data=c.action.encode()) for c in row] for row in rows]
    )


def _label(text: str) -> str:
    return text if len(text) <= MAX_LABEL_CHARS else text[: MAX_LABEL_CHARS - 1] + "…"


async def _acknowledge(query: CallbackQuery, notice: str) -> None:
    try:
        await query.answer(notice or None)
    except BadRequest as error:  # pressed long ago: the notice is lost, the press is not
        logger.info("a button press could not be acknowledged: %s", error.message)


async def _mark(query: CallbackQuery, action: Action) -> None:
    """Show on the buttons which vote counts now."""
    markup = query.message.reply_markup if query.message and hasattr(query.message, "reply_markup") else None
    if markup is None:
        return
    chosen = action.encode()
    rows = [
        [
            InlineKeyboardButton(
                ("✓ " if b.callback_data == chosen else "") + b.text.removeprefix("✓ "), callback_data=b.callback_data
            )
            for b in row
        ]
        for row in markup.inline_keyboard
    ]
    with contextlib.suppress(BadRequest):  # not modified, or the message is gone
        await query.edit_message_reply_markup(InlineKeyboardMarkup(rows))
