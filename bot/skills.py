"""What a person can do with the tutor beyond asking: each skill in a module of its own, for every front end alike.

A skill takes what a person said and returns what to say. It knows nothing of Telegram or terminals; its effects are in
the store before it returns, once for each event (`Said.ref`).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from bot.replies import Action, Reply, Verb
from bot.service import Tutor
from bot.texts import Texts
from data import dialogues
from data.dialogues import Dialogue
from data.errors import TutorError

Role = Literal["anyone", "teacher", "admin"]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a person sent: `size` in bytes as the front end names it, `read` fetches the content."""

    name: str
    size: int
    read: Callable[[], Awaitable[bytes]]

    @classmethod
    def of(cls, path: Path) -> "Upload":
        """Return a file of this machine. Raises TutorError, here or when it is read, if it cannot be."""

        async def read() -> bytes:
            try:
                return path.read_bytes()
            except OSError as error:
                raise TutorError(f"{path}: cannot be read ({error.strerror})") from error

        if not path.is_file():
            raise TutorError(f"{path}: there is no such file; name it as in /send essay.docx")
        return cls(path.name, path.stat().st_size, read)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a person said: a command with what follows it, a text, a file, or the press of a button.

    `teaches` are the courses that they teach, None for all. `state` is that of the skill's open dialogue, None if it
    has none. `quoted` and `buttons` are the text of the message that was replied to and what its buttons do.
    """

    person: str
    texts: Texts
    text: str = ""
    ref: str | None = None
    teaches: frozenset[str] | None = frozenset()
    action: Action | None = None
    upload: Upload | None = None
    quoted: str = ""
    buttons: tuple[Action, ...] = ()
    state: dict[str, Any] | None = None

    def may(self, role: Role) -> bool:
        """Return whether the person has a role; who teaches any course is a teacher, who teaches all is an admin."""
        return role == "anyone" or self.teaches is None or (role == "teacher" and bool(self.teaches))

    def may_teach(self, course: str) -> bool:
        """Return whether the person teaches this course."""
        return self.teaches is None or course in self.teaches


Run = Callable[[Said], Awaitable[Sequence[Reply]]]


@dataclass(frozen=True, slots=True)
class Command:
    """What a command or a button does, and who may use it.

    `once`: its buttons go when one was pressed. `in_groups`: it may be said in a group too; the answer goes to the
    person's own chat.
    """

    run: Run
    role: Role = "anyone"
    once: bool = False
    in_groups: bool = False


@dataclass(frozen=True, slots=True)
class Skill:
    """The commands of a skill (`/quiz`), its buttons, and what else it takes.

    `hears` gets a text while its dialogue is open (also a reply to a message with its buttons, if it has `replied`);
    `takes` gets a file. Each returns what to say; an empty list says nothing.
    """

    name: str
    commands: Mapping[str, Command] = field(default_factory=dict)
    verbs: Mapping[Verb, Command] = field(default_factory=dict)
    hears: Command | None = None
    replied: frozenset[Verb] = frozenset()
    takes: Command | None = None


class Skills:
    """All the skills of a tutor: finds the one that is meant, checks the role, and lets it do its work."""

    def __init__(self, tutor: Tutor, skills: Sequence[Skill]) -> None:
        self._tutor = tutor
        self._by_name = {skill.name: skill for skill in skills}
        self._of_command = {name: skill for skill in skills for name in skill.commands}
        self._of_verb = {verb: skill for skill in skills for verb in skill.verbs}
        self.commands = {name: command for skill in skills for name, command in skill.commands.items()}
        self.verbs = {verb: command for skill in skills for verb, command in skill.verbs.items()}
        self.commands["cancel"] = Command(self._cancel)

    async def command(self, name: str, said: Said) -> Sequence[Reply]:
        """Carry out a command, which must be one of ours."""
        return await self._run(self._of_command.get(name), self.commands[name], said, self._waiting(said))

    async def press(self, said: Said) -> Sequence[Reply]:
        """Carry out what a button says, which must be one of ours."""
        assert said.action is not None  # by the front end
        verb = said.action.verb
        return await self._run(self._of_verb[verb], self.verbs[verb], said, self._waiting(said))

    async def hear(self, said: Said) -> Sequence[Reply] | None:
        """Let the skill that waits for a text take it; None if none does: then it is a question."""
        waiting = self._waiting(said)
        replied = {action.verb for action in said.buttons}
        meant = next((skill for skill in self._by_name.values() if skill.hears and skill.replied & replied), None)
        if meant is None and waiting is not None:
            meant = self._by_name.get(waiting.skill)
        if meant is None or meant.hears is None:
            return None
        return await self._run(meant, meant.hears, said, waiting)

    async def take(self, said: Said) -> Sequence[Reply] | None:
        """Let the skill take a file: the one whose dialogue is open, else the first that takes files; None: nobody."""
        waiting = self._waiting(said)
        takers = [skill for skill in self._by_name.values() if skill.takes is not None]
        takers.sort(key=lambda skill: waiting is None or skill.name != waiting.skill)
        for skill in takers:
            if skill.takes is not None and said.may(skill.takes.role):
                return await self._run(skill, skill.takes, said, waiting)
        return None

    def _waiting(self, said: Said) -> Dialogue | None:
        return self._tutor.find(dialogues.current, said.person, said.ref)

    async def _run(
        self, skill: Skill | None, command: Command, said: Said, waiting: Dialogue | None
    ) -> Sequence[Reply]:
        if not said.may(command.role):
            return [Reply(said.texts.not_allowed)]
        own = waiting if skill is not None and waiting is not None and waiting.skill == skill.name else None
        return await command.run(replace(said, state=own.state if own is not None else None))

    async def _cancel(self, said: Said) -> Sequence[Reply]:
        if self._waiting(said) is None:
            return [Reply(said.texts.nothing_open)]
        await self._tutor.write(dialogues.put, said.person, None, said.ref)
        return [Reply(said.texts.cancelled)]


async def wait_for(tutor: Tutor, said: Said, skill: str, state: dict[str, Any] | None) -> None:
    """Set what a skill waits for from this person after what they said; None: nothing any more."""
    await tutor.write(dialogues.put, said.person, Dialogue(skill, state) if state is not None else None, said.ref)
