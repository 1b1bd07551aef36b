"""The skills on Telegram: commands, buttons, texts and files of private chats, handed to bot.skills."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from telegram import Message, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters

from bot.access import Access
from bot.asking import readable
from bot.outgoing import acknowledge, send, show_buttons
from bot.replies import Action, Reply, pattern_of
from bot.service import Tutor
from bot.skills import Said, Skills, Upload
from bot.telegram import meet, ref, sender

Context = ContextTypes.DEFAULT_TYPE


class SkillHandlers:
    """One handler for every command, one for every button; the skill is told who says it and what they may."""

    def __init__(self, tutor: Tutor, access: Access, skills: Skills) -> None:
        self._tutor = tutor
        self._access = access
        self._skills = skills

    def register(self, app: "Application[Any, Any, Any, Any, Any, Any]") -> None:
        """Add every handler; texts come by `hear`, for whether one is waited for stands on disk."""
        private = filters.ChatType.PRIVATE
        app.add_handler(CommandHandler(list(self._skills.commands), self.command, filters=private))
        public = [name for name, command in self._skills.commands.items() if command.in_groups]
        if public:
            app.add_handler(CommandHandler(public, self.command, filters=filters.ChatType.GROUPS))
        app.add_handler(CallbackQueryHandler(self.press, pattern=pattern_of(self._skills.verbs)))
        app.add_handler(MessageHandler(private & filters.Document.ALL, self.document))

    async def command(self, update: Update, context: Context) -> None:
        """Carry out a command of a skill."""
        message = update.effective_message
        assert message is not None and message.text is not None  # by the filter
        name, _, text = message.text.partition(" ")
        name = name[1:].partition("@")[0].lower()
        said = replace(await self._said(update), text=readable(text.strip()))
        self._send(update, await self._skills.command(name, said))

    async def press(self, update: Update, context: Context) -> None:
        """Carry out what a button of a skill says."""
        query = update.callback_query
        assert query is not None  # by the handler
        user, texts = sender(update)
        action = Action.decode(query.data or "")
        command = self._skills.verbs.get(action.verb) if action is not None else None
        if action is None or command is None:
            acknowledge(user.id, query.id, texts.gone)
            return
        replies = await self._skills.press(replace(await self._said(update), action=action))
        acknowledge(user.id, query.id, "")
        if command.once and query.message is not None:
            show_buttons(user.id, query.message.message_id, None)
        self._send(update, replies)

    async def hear(self, update: Update) -> bool:
        """Let the skill that waits for a text have it; False if none does."""
        message = update.effective_message
        assert message is not None and message.text is not None  # by the caller's filter
        replies = await self._skills.hear(replace(await self._said(update), text=readable(message.text)))
        if replies is not None:
            self._send(update, replies)
        return replies is not None

    async def document(self, update: Update, context: Context) -> None:
        """Let the skill that takes files have one."""
        message = update.effective_message
        assert message is not None and message.document is not None  # by the filter
        _, texts = sender(update)
        file = message.document

        async def read() -> bytes:
            return bytes(await (await context.bot.get_file(file.file_id)).download_as_bytearray())

        upload = Upload(readable(file.file_name or ""), file.file_size or 0, read)
        replies = await self._skills.take(replace(await self._said(update), upload=upload))
        self._send(update, [Reply(texts.text_only)] if replies is None else replies)

    async def _said(self, update: Update) -> Said:
        user, texts = sender(update)
        person = await meet(self._tutor, user)
        said = Said(person, texts, ref=ref(update), teaches=await self._access.courses(user.id))
        message = update.message
        answered = message.reply_to_message if message is not None else None
        return said if answered is None else replace(said, quoted=_text_of(answered), buttons=_buttons_of(answered))

    def _send(self, update: Update, replies: Sequence[Reply]) -> None:
        user, _ = sender(update)
        for reply in replies:
            send(user.id, reply)


def _text_of(message: Message) -> str:
    return readable(message.text or message.caption or "")


def _buttons_of(message: Message) -> tuple[Action, ...]:
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    found = (Action.decode(b.callback_data) for row in rows for b in row if isinstance(b.callback_data, str))
    return tuple(action for action in found if action is not None)
