"""The language that the tutor writes in: the one that a person's front end names, or the one they choose."""

from collections.abc import Sequence

from bot.replies import Action, Choice, Reply
from bot.service import Tutor
from bot.skills import Command, Said, Skill
from bot.texts import CATALOGUES
from data import people


class Language:
    """/language, with a button for each catalogue."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        self.skill = Skill("language", {"language": Command(self.ask)}, {"language": Command(self.choose, once=True)})

    async def ask(self, said: Said) -> Sequence[Reply]:
        """Offer the languages; `/language zh` chooses at once."""
        if said.text in CATALOGUES:
            return await self._choose(said, said.text)
        rows = [(Choice(texts.name, Action("language", course=code)),) for code, texts in CATALOGUES.items()]
        return [Reply(said.texts.choose_language, rows=tuple(rows))]

    async def choose(self, said: Said) -> Sequence[Reply]:
        """Choose the language of a button."""
        code = said.action.course if said.action else ""
        return await self._choose(said, code) if code in CATALOGUES else [Reply(said.texts.gone)]

    async def _choose(self, said: Said, code: str) -> Sequence[Reply]:
        await self._tutor.write(people.choose_language, said.person, code)
        return [Reply(CATALOGUES[code].language_chosen)]
