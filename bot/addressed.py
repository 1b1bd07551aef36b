"""Which messages of a group are for the bot: those that mention it or reply to it. No other is read or kept."""

from telegram import Bot, Message, MessageEntity, Update
from telegram.constants import ChatType
from telegram.ext import filters

GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)
MENTIONS = (MessageEntity.MENTION, MessageEntity.TEXT_MENTION)
CALLS = (*MENTIONS, MessageEntity.BOT_COMMAND)


def is_private(update: Update) -> bool:
    """Whether the update comes from a person's own chat with the bot."""
    return update.effective_chat is not None and update.effective_chat.type == ChatType.PRIVATE


def is_for_nobody(update: Update) -> bool:
    """Whether this is a message of a group that no bot was called in, whatever the name of ours."""
    message = update.message or update.edited_message
    if message is None or message.chat.type not in GROUPS or (message.text is None and message.caption is None):
        return False
    answered = message.reply_to_message
    to_a_bot = answered is not None and answered.from_user is not None and answered.from_user.is_bot
    return not to_a_bot and not any(entity.type in CALLS for entity in message.entities)


class Addressed(filters.MessageFilter):
    """Texts that mention the bot or reply to it; commands are for their own handlers."""

    def filter(self, message: Message) -> bool:
        """See the library."""
        bot = message.get_bot()
        if not message.text or any(e.type == MessageEntity.BOT_COMMAND and not e.offset for e in message.entities):
            return False
        answered = message.reply_to_message
        if answered is not None and answered.from_user is not None and answered.from_user.id == bot.id:
            return True
        return bool(_mentions(message, bot))


def without_mention(message: Message) -> str:
    """Return the text of a message without the mentions of the bot."""
    text = message.text or ""
    for entity in reversed(_mentions(message, message.get_bot())):
        named = message.parse_entity(entity)
        before, after = text.rsplit(named, 1) if text.count(named) == 1 else text.split(named, 1)
        text = f"{before.rstrip()} {after.lstrip()}"
    return text.strip()


def _mentions(message: Message, bot: Bot) -> list[MessageEntity]:
    """Return where the bot is mentioned, by its name or by its account."""
    found = message.parse_entities(list(MENTIONS))
    name = f"@{bot.username}".casefold()
    return [e for e, text in found.items() if text.casefold() == name or (e.user is not None and e.user.id == bot.id)]
