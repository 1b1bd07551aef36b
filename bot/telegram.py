"""The Telegram front end: handlers that read an update, call the service and send the reply through the outbox."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Any

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update, User
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters

from bot import replies
from bot.addressed import GROUPS
from bot.asking import QuestionError, readable
from bot.commands import Commands, help_of, unknown
from bot.further import with_more
from bot.outgoing import acknowledge, send, show_buttons
from bot.replies import Action, Reply
from bot.service import Tutor
from bot.smalltalk import small_talk
from bot.texts import Texts, texts_for
from data import conversation, dialogues
from data.entries import Course
from data.errors import StoreError, TutorError
from data.records import Question

MAX_TITLES = 10
Context = ContextTypes.DEFAULT_TYPE

chosen_language: ContextVar[str] = ContextVar("chosen_language", default="")  # bot.access sets it

logger = logging.getLogger(__name__)


class Handlers:
    """The conversation on Telegram, in private chats, over one tutor.

    `hear` lets a skill that waits for a text have it, and says whether one did.
    """

    def __init__(self, tutor: Tutor, commands: Commands, hear: Callable[[Update], Awaitable[bool]]) -> None:
        self._tutor = tutor
        self._commands = commands
        self._hear = hear

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
        user, texts = sender(update)
        person = await meet(self._tutor, user)
        known = await self._tutor.courses()
        payload = context.args[0] if context.args else ""
        course: Course | None = known[0] if len(known) == 1 else None
        if payload.startswith("course-"):
            course = next((c for c in known if c.id == payload.removeprefix("course-")), None)
            if course is None:
                send(user.id, Reply(texts.no_course.format(course=payload.removeprefix("course-")[:56])))
        if course is not None:
            await self._tutor.choose_course(person, course.id)
        about = course.title if course else _titles(known)
        send(user.id, Reply(f"{texts.welcome.format(course=about)}\n\n{texts.privacy}\n\n{texts.help}"))
        if course is None and known:
            send(user.id, replies.pick_course(known, texts))

    async def help(self, update: Update, context: Context) -> None:
        """Say what the bot can do for this person."""
        user, texts = sender(update)
        send(user.id, Reply(f"{texts.help}\n\n{help_of(await self._commands.of(user.id), texts)}"))

    async def course(self, update: Update, context: Context) -> None:
        """Let the person choose the course."""
        user, texts = sender(update)
        send(user.id, replies.pick_course(await self._tutor.courses(), texts))

    async def text(self, update: Update, context: Context) -> None:
        """Any text that no skill waits for, and that is no small talk, is a question."""
        user, texts = sender(update)
        message = update.effective_message
        assert message is not None and message.text is not None  # by the filter
        if await self._is_taken(update):
            return
        said = small_talk(message.text, texts)
        if said is not None:
            send(user.id, Reply(said))
            return
        try:
            reply = await self._answered(update, message)
        except QuestionError as error:
            send(user.id, Reply(replies.not_asked(error, texts)))
        else:
            if reply is not None:
                send(user.id, reply, reply_to=message.message_id)

    async def _is_taken(self, update: Update) -> bool:
        """Whether a skill waits for this text. A text that was changed is not said anew to a skill that had it."""
        if update.edited_message is None:
            return await self._hear(update)
        person = self._tutor.person(account(update.edited_message.chat.id))
        waiting = self._tutor.find(dialogues.current, person, ref(update))
        asked = self._tutor.find(conversation.of_message, person, None, update.edited_message.message_id)
        return waiting is not None and asked is None

    async def _answered(self, update: Update, message: Message) -> Reply | None:
        """Answer a question, anew if its message was changed to another one; None if it says the same as before."""
        user, texts = sender(update)
        person = await meet(self._tutor, user)
        question = Question(readable(message.text or ""), person=person, ref=ref(update), message=message.message_id)
        changed = update.edited_message is not None
        asked = await (self._tutor.ask_again(question) if changed else self._tutor.ask(question))
        if asked is None:
            return None
        reply = replies.answered_again(asked, texts) if changed else replies.answered(asked, texts)
        return await with_more(self._tutor, asked, reply, texts)

    async def button(self, update: Update, context: Context) -> None:
        """Carry out what a button says; one of someone else or of long ago is answered with a friendly line."""
        query = update.callback_query
        assert query is not None  # by the handler
        user, texts = sender(update)
        action, chat = Action.decode(query.data or ""), _group_of(query)
        try:
            if action is None:
                raise TutorError("not one of our buttons")
            person = await meet(self._tutor, user, reachable=chat is None)
            notice, reply = await replies.take(self._tutor, person, action, texts, chat=chat)
        except StoreError:  # it is not the button: the press is tried again
            raise
        except TutorError as error:
            logger.info("a button was refused: %s", error)
            notice, reply = texts.gone, None
        acknowledge(user.id, query.id, notice)
        if action is not None and action.verb in ("up", "down") and notice != texts.gone and chat is None:
            _mark(user.id, query, action)
        if reply is not None:
            send(user.id, reply)

    async def unknown_command(self, update: Update, context: Context) -> None:
        """Say that there is no such command, and which one is near."""
        user, texts = sender(update)
        message = update.effective_message
        assert message is not None and message.text is not None  # by the filter
        typed = message.text[1:].split(maxsplit=1)[0].partition("@")[0]
        send(user.id, Reply(unknown(typed, await self._commands.of(user.id), texts)))

    async def other(self, update: Update, context: Context) -> None:
        """Say that stickers, voice, photos and files cannot be read."""
        user, texts = sender(update)
        send(user.id, Reply(texts.text_only))


def sender(update: Update) -> tuple[User, Texts]:
    """Return who sent it, whose id is also that of the private chat with them, and the texts in their language."""
    user = update.effective_user
    assert user is not None  # private chats and buttons have one
    return user, texts_for(chosen_language.get() or user.language_code or "")


def account(user: int) -> str:
    """Return the name of an account, of which the tutor makes the pseudonym."""
    return f"telegram:{user}"


def ref(update: Update) -> str:
    """Return the name of an event, by which its effects are recorded once."""
    return f"telegram:{update.update_id}"


async def meet(tutor: Tutor, user: User, *, reachable: bool = True) -> str:
    """Make the person known, and whether they can be written to; return their pseudonym."""
    person = tutor.person(account(user.id))
    await tutor.meet(person, lang=user.language_code or "", chat_id=user.id, reachable=reachable)
    return person


def _group_of(query: CallbackQuery) -> int | None:
    """Return the group in which a button was pressed, None for a private chat."""
    chat = query.message.chat if query.message is not None else None
    return chat.id if chat is not None and chat.type in GROUPS else None


def _titles(courses: Sequence[Course]) -> str:
    return " / ".join(c.title[:100] for c in courses[:MAX_TITLES]) + (" …" if len(courses) > MAX_TITLES else "")


def _mark(chat: int, query: CallbackQuery, action: Action) -> None:
    """Show on the buttons which vote counts now."""
    markup = query.message.reply_markup if isinstance(query.message, Message) else None
    if query.message is None or markup is None:
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
    show_buttons(chat, query.message.message_id, InlineKeyboardMarkup(rows))
