"""Who may use which handler, said in one place and checked before any of them runs; there too, how fast.

A handler that is not named here does not start: `guard` refuses it.
"""

from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from functools import wraps
from typing import Any

from telegram import Update, User
from telegram.ext import Application, ContextTypes

from bot.addressed import is_private
from bot.busy import busy
from bot.limits import Limits
from bot.outgoing import Later, acknowledge, send
from bot.replies import Reply
from bot.service import Tutor
from bot.skills import Role
from bot.telegram import account, chosen_language, sender
from data import people, roles

Handle = Callable[[Update, ContextTypes.DEFAULT_TYPE], Coroutine[Any, Any, Any]]
ROLES: dict[str, Role] = {
    "Handlers.start": "anyone",
    "Handlers.help": "anyone",
    "Handlers.course": "anyone",
    "Handlers.button": "anyone",  # only of what was shown to this person: the service checks that
    "Handlers.unknown_command": "anyone",
    "Handlers.text": "anyone",
    "Handlers.other": "anyone",
    "SkillHandlers.command": "anyone",  # each command, button and file says whose it is: bot/skills.py checks that
    "SkillHandlers.press": "anyone",
    "SkillHandlers.document": "anyone",
    "Groups.text": "anyone",
    "Groups.help": "anyone",
    "Groups.joined": "anyone",
    "Groups.moved": "anyone",
    "Groups.course": "anyone",  # admins of the group: Telegram says who they are
    "Groups.choose": "anyone",
    "Inline.search": "anyone",
    "Inline.chosen": "anyone",
    "Personal.privacy": "anyone",
    "Personal.export": "anyone",
    "Personal.forget": "anyone",
    "Personal.decide": "anyone",  # of themselves alone
    "TeacherHandlers.join": "anyone",  # with a code
    "TeacherHandlers.teachers": "teacher",
    "TeacherHandlers.invite": "admin",
    "TeacherHandlers.dismiss": "admin",
}


class Access:
    """The roles of people by their numeric Telegram ids: admins from the settings, teachers from the store."""

    def __init__(self, admins: frozenset[int], tutor: Tutor) -> None:
        self._admins = admins
        self._tutor = tutor

    async def courses(self, user: int) -> frozenset[str] | None:
        """Return the courses that this person teaches; None for an admin: all of them."""
        if user in self._admins:
            return None
        return self._tutor.find(roles.teaches, self._tutor.person(account(user)))

    def language(self, user: User) -> str:
        """Return the language that this person chose, else the one that Telegram names."""
        return self._tutor.find(people.language, self._tutor.person(account(user.id)), user.language_code or "")

    async def may(self, user: int, role: Role) -> bool:
        """Return whether the person has the role; an admin has every one, a teacher is one in any course."""
        if role == "anyone" or user in self._admins:
            return True
        return role == "teacher" and bool(await self.courses(user))


def guard(app: "Application[Any, Any, Any, Any, Any, Any]", access: Access, limits: Limits, inline: Limits) -> None:
    """Put the checks before every handler of the application, once all are registered.

    `inline` is the pace of inline questions, of which every few letters make one.

    Raises ValueError if one of them is not named in ROLES.
    """
    for handlers in app.handlers.values():
        for handler in handlers:
            name = handler.callback.__qualname__
            if name not in ROLES:
                raise ValueError(f"{name}: say in ROLES of bot/access.py who may use it")
            handler.callback = _guarded(handler.callback, ROLES[name], access, limits, inline)


def _guarded(handle: Handle, role: Role, access: Access, limits: Limits, inline: Limits) -> Handle:
    @wraps(handle)
    async def guarded(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        user = update.effective_user
        if user is None:  # nobody whose role could be known
            return
        chosen_language.set(access.language(user))
        _, texts = sender(update)
        query = update.callback_query
        if update.inline_query is not None and inline.take(user.id):
            return  # the next letter asks again
        # A press costs no inference, and its notice must come at once.
        wait_s = limits.take(user.id) if query is None and update.inline_query is None else 0.0
        if wait_s:
            if is_private(update) and limits.tell(user.id):
                send(user.id, Reply(texts.too_fast))
            raise Later(wait_s)
        if await access.may(user.id, role):
            async with busy(context.bot, user.id) if is_private(update) else nullcontext():
                await handle(update, context)
        elif query is not None:
            acknowledge(user.id, query.id, texts.not_allowed)
        elif is_private(update):
            send(user.id, Reply(texts.not_allowed))

    return guarded
