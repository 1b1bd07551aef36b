"""The tutor in the terminal: the same conversation as on Telegram, with choices by number; works in a pipe too."""

import sys
import unicodedata
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import FileHistory
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console
from rich.text import Text

from bot import privacy, replies
from bot.all_skills import skills_of
from bot.asking import QuestionError, readable
from bot.commands import IN_TERMINAL, help_of, roles, unknown
from bot.entry_shown import show_entry
from bot.further import with_more
from bot.posting import reply_of
from bot.replies import Action, Reply
from bot.service import Tutor
from bot.skills import Said, Upload
from bot.smalltalk import small_talk
from bot.texts import texts_for
from data import notices, people
from data.entries import Course
from data.errors import TutorError
from data.records import Question

# Skipping a text to be marked has no number: a number is its mark.
KEYS = {"up": "+", "down": "-", "none": "0", "teacher": "t", "forget": "yes", "keep": "no", "m_next": "n"}


class Chat:
    """One person's conversation in a terminal; files that it gives are written into `folder`.

    Whoever can open the store teaches every course. `lang` is the language of the terminal.
    """

    def __init__(
        self, tutor: Tutor, person: str, course: Course | None, lang: str, console: Console, folder: Path
    ) -> None:
        self._tutor = tutor
        self._person = person
        self._course = course
        self._lang = lang
        self._texts = texts_for(lang)
        self._console = console
        self._folder = folder
        self._skills = skills_of(tutor)
        self._roles = roles(self._skills, IN_TERMINAL)
        self._actions: dict[str, Action] = {}

    @property
    def commands(self) -> list[str]:
        """Everything that begins with a slash."""
        return [f"/{name}" for name in self._roles]

    async def run(self, lines: AsyncIterator[str]) -> None:
        """Take lines until they end or say /quit."""
        await self._choose_texts()
        about = self._course.title if self._course else " / ".join(c.title for c in await self._tutor.courses())
        self._print(self._texts.welcome.format(course=about))
        self._print(self._texts.console_help, style="dim")
        await self._tell()
        async for line in lines:
            if line.strip().lower() == "/quit":
                return
            try:
                await self._take(line.strip())
                await self._tell()
            except TutorError as error:
                self._print(str(error), style="red")

    async def _choose_texts(self) -> None:
        self._texts = texts_for(await self._tutor.read(people.language, self._person, self._lang))

    async def _tell(self) -> None:
        """Show what waits for the person, such as the answer of a teacher."""
        for notice in await self._tutor.read(notices.waiting, person=self._person):
            if await self._tutor.write(notices.sent, notice.id):
                self._show(reply_of(notice))

    async def _take(self, line: str) -> None:
        if not line:
            return
        name, _, rest = line.partition(" ")
        name = name.lower()
        action = self._actions.get(_key(line))
        if action is not None:
            await self._act(action)
        elif name == "/course":
            await self._command_course(rest.strip())
        elif name in ("/privacy", "/export", "/forget"):
            await self._personal(name)
        elif name == "/send":
            said = replace(await self._said(), upload=Upload.of(Path(rest.strip())))
            await self._say(await self._skills.take(said) or [Reply(self._texts.text_only)])
        elif name == "/help":
            self._print(f"{self._texts.console_help}\n\n{help_of(self._roles, self._texts)}")
        elif name.startswith("/") and name[1:] in self._skills.commands:
            said = replace(await self._said(), text=readable(rest.strip()))
            await self._say(await self._skills.command(name[1:], said))
        elif line.startswith("/"):
            self._print(unknown(name[1:], self._roles, self._texts))
        else:
            await self._hear(line)

    async def _hear(self, line: str) -> None:
        """Let the skill that waits for a text have it; else it is a question, or a key without a meaning."""
        replies = await self._skills.hear(replace(await self._said(), text=readable(line)))
        if replies is not None:
            await self._say(replies)
        elif _key(line) in KEYS.values() or (line.isdecimal() and len(line) <= 2):
            self._print(self._texts.nothing_to_take)
        elif (said := small_talk(line, self._texts)) is not None:
            self._print(said)
        else:
            await self._ask(line)

    async def _said(self) -> Said:
        await self._tutor.meet(self._person)  # who was forgotten is new
        return Said(self._person, self._texts, teaches=None)

    async def _say(self, replies: Sequence[Reply]) -> None:
        for reply in replies:
            self._show(reply)
        await self._choose_texts()

    async def _ask(self, text: str) -> None:
        await self._tutor.meet(self._person)
        question = Question(readable(text), self._course.id if self._course else None, person=self._person)
        try:
            asked = await self._tutor.ask(question)
        except QuestionError as error:
            self._print(replies.not_asked(error, self._texts))
            return
        self._show(await with_more(self._tutor, asked, replies.answered(asked, self._texts), self._texts))

    async def _personal(self, command: str) -> None:
        if command == "/privacy":
            self._print(await privacy.explained(self._tutor, self._person, self._texts))
        elif command == "/export":
            everything = await privacy.exported(self._tutor, self._person)
            self._console.print(Text(everything or self._texts.nothing_kept), soft_wrap=True)
        else:
            self._show(privacy.asked_to_confirm(self._texts))

    async def _act(self, action: Action) -> None:
        if action.verb in ("forget", "keep"):
            self._actions = {}
            self._show(await privacy.decided(self._tutor, self._person, action, self._texts, typed=True))
            return
        if action.verb in self._skills.verbs:
            await self._say(await self._skills.press(replace(await self._said(), action=action)))
            return
        await self._tutor.meet(self._person)  # who was forgotten is new
        notice, reply = await replies.take(self._tutor, self._person, action, self._texts)
        if action.verb == "course":
            self._course = await self._tutor.course_of(self._person)
        if notice:
            self._print(notice, style="dim")
        if reply is not None:
            self._show(reply)

    async def _command_course(self, name: str) -> None:
        if name:
            await self._act(Action("course", course=name))
        else:
            self._show(replies.pick_course(await self._tutor.courses(), self._texts))

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style))

    def _save(self, name: str, content: bytes) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._folder / name).write_bytes(content)
        except OSError as error:
            raise TutorError(f"{self._folder / name}: cannot be written ({error.strerror})") from error

    def _show(self, reply: Reply) -> None:
        if reply.lead:
            self._print(reply.lead)
        if reply.file is not None:
            self._save(reply.file.name, reply.file.content)
            self._console.print(Text(self._texts.saved.format(path=self._folder / reply.file.name)), soft_wrap=True)
        if reply.entry is not None:
            show_entry(self._console, reply.entry, self._texts)
        if reply.choices_lead:
            self._print(reply.choices_lead, style="dim")
        if reply.rows:
            self._actions = {}
        number = 0
        hints: list[Text] = []
        for choice in (choice for row in reply.rows for choice in row):
            key = KEYS.get(choice.action.verb)
            if key is None:
                number += 1
                key = str(number)
                self._console.print(Text.assemble("  ", (key, "cyan"), "  ", choice.label))
            else:
                hints.append(Text.assemble((key, "cyan"), "  ", (choice.label, "dim")))
            self._actions[key] = choice.action
        if hints:
            self._console.print(Text.assemble("  ", Text("    ").join(hints)))


def _key(line: str) -> str:
    """Return a key as it is compared: in capitals, or in the full width of a Chinese keyboard, it is the same."""
    return unicodedata.normalize("NFKC", line).lower()


async def typed(history: Path, commands: Sequence[str]) -> AsyncIterator[str]:
    """Yield what a person types, with history and completion of commands, until Ctrl-D."""
    history.parent.mkdir(parents=True, exist_ok=True)
    history.touch(mode=0o600)
    history.chmod(0o600)  # what was asked is for its owner alone, as the store is
    completer = WordCompleter(list(commands), sentence=True)
    session: PromptSession[str] = PromptSession(history=FileHistory(str(history)), completer=completer)
    while True:
        try:
            with patch_stdout(raw=True):  # only while the prompt stands: what is logged then goes above it
                line = await session.prompt_async("> ")
        except (EOFError, KeyboardInterrupt):
            return
        yield line


async def piped() -> AsyncIterator[str]:
    """Yield the lines of standard input."""
    for line in sys.stdin.buffer:
        yield line.decode(sys.stdin.encoding, errors="replace")
