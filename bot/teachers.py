"""Teachers on Telegram: invited by an admin with a link that works once, listed and dismissed."""

import re
from typing import Any

from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes, filters

from bot.access import Access
from bot.outgoing import send
from bot.replies import Reply
from bot.service import Tutor
from bot.telegram import meet, ref, sender
from bot.texts import Texts
from data import roles
from data.entries import find_course
from data.errors import TutorError

INVITE = "invite-"
IN_ONE_MESSAGE = 20  # teachers
MAX_COURSES = 20  # that a hint names
NAMELESS = "–"
NUMBER = re.compile(r"[0-9]{1,18}")  # what SQLite holds
Context = ContextTypes.DEFAULT_TYPE


class TeacherHandlers:
    """Who teaches what; bot/access.py says who may call which."""

    def __init__(self, tutor: Tutor, access: Access) -> None:
        self._tutor = tutor
        self._access = access

    def register(self, app: "Application[Any, Any, Any, Any, Any, Any]") -> None:
        """Add every handler."""
        private = filters.ChatType.PRIVATE
        invited = filters.Regex(rf"^/start(@\w+)?\s+{INVITE}")
        app.add_handler(CommandHandler("start", self.join, filters=private & invited))
        for command in ("invite", "teachers", "dismiss"):
            app.add_handler(CommandHandler(command, getattr(self, command), filters=private))

    async def join(self, update: Update, context: Context) -> None:
        """Take up an invitation: `/start invite-CODE`, as its link sends it."""
        user, texts = sender(update)
        person = await meet(self._tutor, user)
        code = _argument(context).removeprefix(INVITE)
        course = await self._tutor.write(roles.accept, code, person) if roles.CODE.fullmatch(code) else None
        if course is None:
            send(user.id, Reply(texts.no_invitation))
            return
        title = (await self._tutor.read(find_course, course)).title
        send(user.id, Reply(f"{texts.joined.format(course=title)}\n\n{texts.privacy}"))

    async def invite(self, update: Update, context: Context) -> None:
        """Make a link by which one person becomes a teacher: `/invite COURSE NAME`."""
        user, texts = sender(update)
        course, name = _argument(context), " ".join((context.args or [])[1:])
        person = await meet(self._tutor, user)
        try:
            code = await self._tutor.write(roles.invite, course, name, actor=person, ref=ref(update))
        except TutorError:
            known = ", ".join([c.id for c in await self._tutor.courses()][:MAX_COURSES])
            send(user.id, Reply(texts.invite_usage.format(courses=known, limit=roles.MAX_NAME_CHARS)))
            return
        link = f"https://t.me/{context.bot.username}?start={INVITE}{code}"
        send(user.id, Reply(texts.invitation.format(course=course, days=roles.VALID_DAYS, link=link)))

    async def teachers(self, update: Update, context: Context) -> None:
        """List who teaches the courses that the person may see."""
        user, texts = sender(update)
        courses = await self._access.courses(user.id)
        known = [t for t in await self._tutor.read(roles.teachers) if courses is None or t.course in courses]
        if not known:
            send(user.id, Reply(texts.no_teachers))
        for some in (known[i : i + IN_ONE_MESSAGE] for i in range(0, len(known), IN_ONE_MESSAGE)):
            send(user.id, Reply("\n".join(_line(teacher, texts) for teacher in some)))

    async def dismiss(self, update: Update, context: Context) -> None:
        """Take a teacher's role away: `/dismiss NUMBER`, with the number that /teachers shows."""
        user, texts = sender(update)
        number, person = _argument(context), await meet(self._tutor, user)
        gone = await self._tutor.write(roles.dismiss, int(number), actor=person) if NUMBER.fullmatch(number) else None
        if gone is None:
            send(user.id, Reply(texts.no_such_teacher))
        else:
            send(user.id, Reply(texts.dismissed.format(name=gone.name or NAMELESS, course=gone.course)))


def _line(teacher: roles.Teacher, texts: Texts) -> str:
    name, since = teacher.name or NAMELESS, teacher.since[:10]
    return texts.teacher_line.format(number=teacher.id, name=name, course=teacher.course, since=since)


def _argument(context: Context) -> str:
    return context.args[0] if context.args else ""
