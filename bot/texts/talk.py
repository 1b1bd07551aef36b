"""What people read in conversation, and small talk: how people greet, thank and say good-bye in a language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TalkTexts:
    """The part of a catalogue for conversation; `{...}` is filled in by the caller.

    `says_...` are phrases without marks, with `|` between them, that alone or beside `fillers` are no question.
    """

    about: str
    edited: str
    nearest: str
    hello: str
    thanks: str
    fine: str
    bye: str
    bot: str
    smile: str
    says_hello: str
    says_thanks: str
    says_fine: str
    says_bye: str
    says_bot: str
    fillers: str
    related: str
    no_related: str
    nothing_asked: str
    anonymous_ask: str
    anonymous_done: str
    group_help: str
    group_course: str
    group_admins: str
    all_commands: str
    for_teachers: str
