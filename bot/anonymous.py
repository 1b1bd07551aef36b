"""/anonymous: a question to the teachers that is kept without the person who asks it, not even as a pseudonym."""

import secrets
from collections.abc import Sequence

from bot.asking import QuestionError
from bot.replies import Reply, not_asked
from bot.service import Tutor
from bot.skills import Command, Said, Skill, wait_for
from data import log
from data.records import Question

NAME = "anonymous"


class Anonymous:
    """/anonymous QUESTION, or the question after it; what may answer it already is shown at once."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        self.skill = Skill(NAME, {NAME: Command(self.begin)}, hears=Command(self.hear))

    async def begin(self, said: Said) -> Sequence[Reply]:
        """Take the question, or say what becomes of it and wait for it."""
        if said.text:
            return await self._pass_on(said)
        await wait_for(self._tutor, said, NAME, {})
        return [Reply(said.texts.talk.anonymous_ask)]

    async def hear(self, said: Said) -> Sequence[Reply]:
        """Take the question that was waited for."""
        await wait_for(self._tutor, said, NAME, None)
        return await self._pass_on(said)

    async def _pass_on(self, said: Said) -> Sequence[Reply]:
        chosen = await self._tutor.course_of(said.person)
        ref = said.ref or f"{NAME}:{secrets.token_hex(16)}"  # without one it would be kept for ever
        try:
            asked = await self._tutor.ask(Question(said.text, chosen.id if chosen else None, ref=ref))
        except QuestionError as error:
            return [Reply(not_asked(error, said.texts))]
        await self._tutor.write(log.escalate, asked.question)
        return [Reply(said.texts.talk.anonymous_done, asked.best)]
