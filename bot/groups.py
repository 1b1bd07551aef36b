"""The bot in groups: it answers whoever mentions it or replies to it, in the group, and is silent when unsure."""

from typing import Any

from telegram import Message, Update
from telegram.constants import ChatMemberStatus
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters

from bot import replies
from bot.addressed import Addressed, without_mention
from bot.asking import QuestionError, readable
from bot.outgoing import acknowledge, send, show_buttons
from bot.replies import Action, Reply, pattern_of
from bot.service import Tutor
from bot.smalltalk import small_talk
from bot.telegram import meet, ref, sender
from bot.texts import Texts
from data import conversation
from data.entries import find_course
from data.errors import TutorError
from data.records import Question

ADMINS = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)
Context = ContextTypes.DEFAULT_TYPE


class Groups:
    """Questions in groups, and the course of each group, which its admins choose."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor

    def register(self, app: "Application[Any, Any, Any, Any, Any, Any]") -> None:
        """Add every handler; what is for somebody else reaches none of them."""
        group = filters.ChatType.GROUPS
        app.add_handler(CommandHandler("course", self.course, filters=group))
        app.add_handler(CommandHandler(("start", "help"), self.help, filters=group))
        app.add_handler(CallbackQueryHandler(self.choose, pattern=pattern_of(["group"])))
        app.add_handler(MessageHandler(group & filters.StatusUpdate.NEW_CHAT_MEMBERS, self.joined))
        app.add_handler(MessageHandler(group & filters.StatusUpdate.MIGRATE, self.moved))
        app.add_handler(MessageHandler(group & Addressed(), self.text))

    async def text(self, update: Update, context: Context) -> None:
        """Answer what is asked of the bot, if it is sure."""
        message = _message(update)
        user, texts = sender(update)
        text = readable(without_mention(message))
        said = small_talk(text, texts) if text else await self._about(message, texts)
        if said is not None:
            send(message.chat.id, Reply(said), reply_to=message.message_id)
            return
        person = await meet(self._tutor, user, reachable=False)
        ask = self._tutor.ask_again if update.edited_message is not None else self._tutor.ask
        question = Question(text, person=person, ref=ref(update), message=message.message_id, chat=message.chat.id)
        try:
            asked = await ask(question)
        except QuestionError:  # what is no question is left to the people of the group
            return
        if asked is not None and asked.best is not None:
            send(message.chat.id, replies.in_group(asked, asked.best), reply_to=message.message_id)

    async def help(self, update: Update, context: Context) -> None:
        """Say how the bot works in a group, what it keeps, and which course it is about."""
        message = _message(update)
        _, texts = sender(update)
        send(message.chat.id, Reply(await self._about(message, texts)), reply_to=message.message_id)

    async def joined(self, update: Update, context: Context) -> None:
        """Say the same when the bot itself was added."""
        message = _message(update)
        if any(member.id == context.bot.id for member in message.new_chat_members):
            _, texts = sender(update)
            send(message.chat.id, Reply(await self._about(message, texts)))

    async def course(self, update: Update, context: Context) -> None:
        """Let an admin of the group choose its course: `/course ID` at once, `/course` from a list."""
        message = _message(update)
        _, texts = sender(update)
        named = " ".join(context.args or ())
        if not await self._is_admin(update):
            send(message.chat.id, Reply(texts.talk.group_admins), reply_to=message.message_id)
        elif named:
            send(message.chat.id, await self._chosen(message.chat.id, named, texts), reply_to=message.message_id)
        else:
            offered = replies.pick_course(await self._tutor.courses(), texts, "group")
            send(message.chat.id, offered, reply_to=message.message_id)

    async def choose(self, update: Update, context: Context) -> None:
        """Choose the course of a button, if an admin pressed it."""
        query = update.callback_query
        assert query is not None  # by the handler
        user, texts = sender(update)
        action = Action.decode(query.data or "")
        if query.message is None or action is None:
            acknowledge(user.id, query.id, texts.gone)
        elif not await self._is_admin(update):
            acknowledge(user.id, query.id, texts.talk.group_admins)
        else:
            acknowledge(user.id, query.id, "")
            show_buttons(query.message.chat.id, query.message.message_id, None)
            send(query.message.chat.id, await self._chosen(query.message.chat.id, action.course, texts))

    async def moved(self, update: Update, context: Context) -> None:
        """Take the course along when Telegram gives the group another number."""
        message = _message(update)
        if message.migrate_to_chat_id is not None:
            await self._tutor.write(conversation.move_group, message.chat.id, message.migrate_to_chat_id)

    async def _chosen(self, chat: int, course: str, texts: Texts) -> Reply:
        try:
            title = (await self._tutor.read(find_course, course)).title if course else texts.all_courses
        except TutorError:
            return Reply(texts.no_course.format(course=course[:56]))
        await self._tutor.write(conversation.choose_group_course, chat, course or None)
        return Reply(texts.talk.group_course.format(course=title))

    async def _about(self, message: Message, texts: Texts) -> str:
        chosen = self._tutor.find(conversation.group_course, message.chat.id)
        known = {course.id: course.title for course in await self._tutor.courses()}
        title = known.get(chosen, texts.all_courses) if chosen else " / ".join(known.values()) or texts.all_courses
        return texts.talk.group_help.format(bot=f"@{message.get_bot().username}", course=title)

    async def _is_admin(self, update: Update) -> bool:
        """Whether an admin of the group says so; one who hides behind the group's name is one too."""
        chat, user, message = update.effective_chat, update.effective_user, update.effective_message
        assert chat is not None and user is not None
        if message is not None and message.sender_chat is not None and message.sender_chat.id == chat.id:
            return True
        return (await chat.get_member(user.id)).status in ADMINS


def _message(update: Update) -> Message:
    message = update.effective_message
    assert message is not None  # by the filters
    return message
