"""/undo: take a change of the answers back, or list the last ones."""

import re
from collections.abc import Sequence

from bot.replies import Reply
from bot.service import Tutor
from bot.skills import Command, Said, Skill
from data import settling
from data.errors import Refused

SHOWN = 5  # changes that are listed
NUMBER = re.compile(r"[0-9]{1,18}")  # what SQLite holds


class Undoing:
    """Changes of the courses that a teacher teaches."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        self.skill = Skill("undoing", {"undo": Command(self.undo, "teacher")})

    async def undo(self, said: Said) -> Sequence[Reply]:
        """Take a change back: `/undo NUMBER`; without a number, list the last ones."""
        number = said.text.split()[0] if said.text else ""
        if not number:
            return [Reply(await self._changes(said))]
        try:
            if not NUMBER.fullmatch(number):
                raise Refused([f"{number[:20]!r} is no number"])
            work = settling.undo
            count = await self._tutor.write(work, int(number), actor=said.person, courses=said.teaches, ref=said.ref)
        except Refused:
            return [Reply(said.texts.not_undone.format(number=number[:20]))]
        return [Reply(said.texts.undone.format(number=number, entries=count))]

    async def _changes(self, said: Said) -> str:
        last = await self._tutor.read(settling.changes, said.teaches, SHOWN)
        line = said.texts.change_line
        lines = [
            line.format(number=c.id, at=c.at[:16].replace("T", " "), entries=c.entries, detail=c.detail) for c in last
        ]
        return "\n".join([*lines, "", said.texts.undo_usage]) if lines else said.texts.no_changes
