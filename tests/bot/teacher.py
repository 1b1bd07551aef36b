"""A teacher who talks with the skills as a front end lets them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from catalogues import EN

from bot.replies import Action, Reply
from bot.service import Tutor
from bot.skills import Said, Skill, Skills, Upload


@dataclass
class Teacher:
    """One person's side of the conversation; `replies` are what was said last."""

    tutor: Tutor
    skills: Skills
    said: Said
    events: int = 0
    replies: Sequence[Reply] = field(default_factory=list)

    @classmethod
    async def of(cls, tutor: Tutor, *skills: Skill, teaches: frozenset[str] | None = frozenset({"ml"})) -> "Teacher":
        person = tutor.person("telegram:5")
        await tutor.meet(person, lang="en")
        return cls(tutor, Skills(tutor, skills), Said(person, EN, teaches=teaches))

    @property
    def text(self) -> str:
        """All that was said last."""
        return "\n".join(f"{reply.lead}\n{reply.choices_lead}" for reply in self.replies)

    @property
    def labels(self) -> list[str]:
        return [choice.label for reply in self.replies for row in reply.rows for choice in row]

    async def command(self, line: str, *, quoted: str = "", again: bool = False) -> str:
        name, _, text = line.partition(" ")
        return self._heard(await self.skills.command(name, self._event(again=again, text=text, quoted=quoted)))

    async def say(self, text: str) -> str:
        return self._heard(await self.skills.hear(self._event(text=text)) or [])

    async def send(self, name: str, content: bytes, *, size: int | None = None) -> str:
        async def read() -> bytes:
            return content

        upload = Upload(name, len(content) if size is None else size, read)
        return self._heard(await self.skills.take(self._event(upload=upload)) or [])

    async def press(self, label: str, *, again: bool = False) -> str:
        action = next(c.action for reply in self.replies for row in reply.rows for c in row if c.label == label)
        return await self.act(action, again=again)

    async def act(self, action: Action, *, again: bool = False) -> str:
        return self._heard(await self.skills.press(self._event(again=again, action=action)))

    def _event(self, *, again: bool = False, **changes: object) -> Said:
        self.events += not again
        return replace(self.said, ref=f"event {self.events}", **changes)  # type: ignore[arg-type]

    def _heard(self, replies: Sequence[Reply]) -> str:
        self.replies = replies
        return self.text
