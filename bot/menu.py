"""The menu that Telegram shows behind "/": for everybody in every language, and for teachers with what they may do."""

import logging
from collections.abc import Collection, Iterable

from sqlite_utils import Database
from telegram import Bot, BotCommand, BotCommandScopeChat
from telegram.error import TelegramError

from bot.commands import ON_TELEGRAM, described, open_to, roles
from bot.service import Tutor
from bot.skills import Skills
from bot.texts import CATALOGUES, DEFAULT, Texts, texts_for

logger = logging.getLogger(__name__)


async def show_menus(bot: Bot, tutor: Tutor, skills: Skills, admins: Collection[int]) -> None:
    """Tell Telegram the commands; who becomes a teacher later finds theirs there after the next start."""
    every = roles(skills, ON_TELEGRAM)
    for code, texts in CATALOGUES.items():
        commands = _commands(open_to(every, frozenset()), texts)
        await _set(bot, commands, language_code=None if code == DEFAULT else code)
    for chat, lang in {**dict.fromkeys(admins, ""), **await tutor.read(_teachers)}.items():
        teaches = None if chat in admins else frozenset({""})  # any course
        await _set(bot, _commands(open_to(every, teaches), texts_for(lang)), scope=BotCommandScopeChat(chat))


def _commands(names: Iterable[str], texts: Texts) -> list[BotCommand]:
    return [BotCommand(name, about) for name, about in described(names, texts)]


async def _set(
    bot: Bot, commands: list[BotCommand], *, scope: BotCommandScopeChat | None = None, language_code: str | None = None
) -> None:
    try:
        await bot.set_my_commands(commands, scope=scope, language_code=language_code)
    except TelegramError as error:  # the menu is a courtesy; the bot serves without it
        logger.warning("the menu of commands could not be set: %s", error)


def _teachers(db: Database) -> dict[int, str]:
    """Return the chats of teachers that take messages, with the language that each reads."""
    sql = """select c.chat_id, iif(p.language = '', p.lang, p.language) as lang from chats c
             join people p on p.id = c.person where c.blocked_at is null
             and exists (select 1 from teachers t where t.person = p.id)"""
    return {row["chat_id"]: row["lang"] for row in db.query(sql)}
