"""`@bot question` in any chat: what the tutor knows, to be sent there by the person. Kept is only what was sent."""

import contextlib
from typing import Any

from telegram import Update
from telegram.ext import Application, ChosenInlineResultHandler, ContextTypes, InlineQueryHandler

from bot.asking import QuestionError, readable
from bot.outgoing import answer_inline
from bot.service import Tutor
from bot.telegram import account, meet, ref, sender
from data.errors import StoreError, TutorError
from data.records import Entry, Question
from qa_model.fusion import Policy

MAX_FOUND = 5
MIN_PROBABILITY = Policy().suggest_at  # of an entry beside the best

Context = ContextTypes.DEFAULT_TYPE


class Inline:
    """Inline questions, asked in the course that the person chose."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor

    def register(self, app: "Application[Any, Any, Any, Any, Any, Any]") -> None:
        """Add both handlers."""
        app.add_handler(InlineQueryHandler(self.search))
        app.add_handler(ChosenInlineResultHandler(self.chosen))

    async def search(self, update: Update, context: Context) -> None:
        """Show what answers the text so far."""
        query = update.inline_query
        assert query is not None  # by the handler
        user, _ = sender(update)
        answer_inline(user.id, query.id, await self._found(self._tutor.person(account(user.id)), query.query))

    async def chosen(self, update: Update, context: Context) -> None:
        """Record the question whose answer was sent, and that this one was chosen."""
        result = update.chosen_inline_result
        assert result is not None  # by the handler
        user, _ = sender(update)
        person = await meet(self._tutor, user, reachable=False)
        with contextlib.suppress(QuestionError):  # of a text that found nothing, nothing was chosen
            asked = await self._tutor.ask(Question(readable(result.query), person=person, ref=ref(update)))
            await self._note(person, asked.question, result.result_id)

    async def _found(self, person: str, text: str) -> list[Entry]:
        try:
            answer = await self._tutor.look_up(Question(readable(text), person=person))
        except QuestionError:  # nothing typed yet
            return []
        if answer.decision == "abstain":
            return []
        best, *others = answer.candidates[:MAX_FOUND]
        return [best.entry, *(c.entry for c in others if c.probability >= MIN_PROBABILITY)]

    async def _note(self, person: str, question: int, chosen: str) -> None:
        try:
            await self._tutor.react(person, question, int(chosen), "chosen")
        except StoreError:
            raise
        except (TutorError, ValueError):  # found then, and by now no more
            return
