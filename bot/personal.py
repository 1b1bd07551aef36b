"""/privacy, /export and /forget on Telegram: what a person can do with what is kept about them."""

from typing import Any

from telegram import Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, filters

from bot import privacy
from bot.outgoing import acknowledge, send, show_buttons
from bot.replies import Action, File, Reply
from bot.service import Tutor
from bot.telegram import account, sender

FILE = "my-data.json"
Context = ContextTypes.DEFAULT_TYPE


class Personal:
    """The commands, in private chats; they make nobody known who was not."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor

    def register(self, app: "Application[Any, Any, Any, Any, Any, Any]") -> None:
        """Add every handler; they stand before the one that takes every button."""
        for command in ("privacy", "export", "forget"):
            app.add_handler(CommandHandler(command, getattr(self, command), filters=filters.ChatType.PRIVATE))
        pattern = rf"^({Action('forget').encode()}|{Action('keep').encode()})$"
        app.add_handler(CallbackQueryHandler(self.decide, pattern=pattern))

    async def privacy(self, update: Update, context: Context) -> None:
        """Say what is kept, why and for how long."""
        user, texts = sender(update)
        send(user.id, Reply(await privacy.explained(self._tutor, self._person(user.id), texts)))

    async def export(self, update: Update, context: Context) -> None:
        """Send everything that is kept about the person, as a file."""
        user, texts = sender(update)
        everything = await privacy.exported(self._tutor, self._person(user.id))
        if everything is None:
            send(user.id, Reply(texts.nothing_kept))
        else:
            send(user.id, Reply(texts.exported, file=File(FILE, everything.encode())))

    async def forget(self, update: Update, context: Context) -> None:
        """Ask whether to remove everything."""
        user, texts = sender(update)
        send(user.id, privacy.asked_to_confirm(texts))

    async def decide(self, update: Update, context: Context) -> None:
        """Remove everything, or not; the buttons go, so that no press years later removes what is new."""
        query = update.callback_query
        assert query is not None  # by the handler
        user, texts = sender(update)
        action = Action.decode(query.data or "")
        if action is None:  # a press without data: the library lets it past any pattern
            acknowledge(user.id, query.id, texts.gone)
            return
        reply = await privacy.decided(self._tutor, self._person(user.id), action, texts, handling=update.update_id)
        acknowledge(user.id, query.id, "")
        if query.message is not None:
            show_buttons(user.id, query.message.message_id, None)
        send(user.id, reply)

    def _person(self, user: int) -> str:
        return self._tutor.person(account(user))
