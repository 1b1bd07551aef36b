"""The commands there are, in one list: /help, the menu behind "/", completion and "do you mean" are made of it."""

import difflib
from collections.abc import Awaitable, Callable, Iterable, Mapping

from bot.skills import Role, Skills
from bot.texts import Texts

ON_TELEGRAM: Mapping[str, Role] = {
    **{"start": "anyone", "help": "anyone", "course": "anyone"},
    **{"privacy": "anyone", "export": "anyone", "forget": "anyone"},
    **{"teachers": "teacher", "invite": "admin", "dismiss": "admin"},
}
IN_TERMINAL: Mapping[str, Role] = {
    **{"help": "anyone", "course": "anyone", "privacy": "anyone", "export": "anyone", "forget": "anyone"},
    "send": "anyone",
    "quit": "anyone",
}
LAST = ("language", "privacy", "export", "forget", "cancel", "quit")  # of those for everybody
_RANK: dict[Role, int] = {"anyone": 0, "teacher": 1, "admin": 2}

Teaches = Callable[[int], Awaitable[frozenset[str] | None]]


def roles(skills: Skills, own: Mapping[str, Role]) -> dict[str, Role]:
    """Return every command and who may use it, in the order in which they are listed."""
    every = {**own, **{name: command.role for name, command in skills.commands.items()}}
    order = list(every)

    def place(name: str) -> tuple[int, int, int]:
        return _RANK[every[name]], LAST.index(name) if name in LAST else -1, order.index(name)

    return {name: every[name] for name in sorted(every, key=place)}


def open_to(every: Mapping[str, Role], teaches: frozenset[str] | None) -> dict[str, Role]:
    """Return the commands of a person who teaches these courses, None for all of them."""
    may = (
        {"anyone"} | ({"teacher"} if teaches is None or teaches else set()) | ({"admin"} if teaches is None else set())
    )
    return {name: role for name, role in every.items() if role in may}


def described(names: Iterable[str], texts: Texts) -> list[tuple[str, str]]:
    """Return commands with what they do; a test sees to it that every one has a text."""
    return [(name, str(getattr(texts, f"command_{name}", name))) for name in names]


def help_of(every: Mapping[str, Role], texts: Texts) -> str:
    """Return the list of commands as a text, those for teachers apart."""
    parts = []
    for lead, mine in ((texts.talk.all_commands, True), (texts.talk.for_teachers, False)):
        names = [name for name, role in every.items() if (role == "anyone") == mine]
        lines = [f"/{name} – {about}" for name, about in described(names, texts)]
        parts += ["\n".join([lead, *lines])] if lines else []
    return "\n\n".join(parts)


def unknown(typed: str, names: Iterable[str], texts: Texts) -> str:
    """Return what to say to a command that is none: the one that is nearest, if any is near."""
    near = difflib.get_close_matches(typed.lower(), list(names), n=1)
    return texts.talk.nearest.format(name=near[0]) if near else texts.unknown_command


class Commands:
    """The commands on Telegram; `teaches` tells which courses an account teaches, None for all."""

    def __init__(self, skills: Skills, teaches: Teaches) -> None:
        self.roles = roles(skills, ON_TELEGRAM)
        self._teaches = teaches

    async def of(self, user: int) -> dict[str, Role]:
        """Return the commands that an account may use."""
        return open_to(self.roles, await self._teaches(user))
