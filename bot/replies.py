"""What the tutor says, before any front end shows it: Markdown to read, and choices to take."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from bot.asking import Asked, QuestionError
from bot.service import Tutor
from bot.texts import Texts
from data.entries import Course
from data.errors import TutorError
from data.records import Candidate, Entry, Vote
from data.resources import has_resources
from qa_model.answerer import MAX_QUESTION_CHARS

MAX_ABOUT_CHARS = 200
MAX_COURSES = 90  # Telegram takes up to 100 buttons; a link with the course's id reaches the others
QueueVerb = Literal[
    "q_next", "q_answer", "q_same", "q_pick", "q_outside", "q_later", "q_alone", "q_undo", "q_mine", "topic"
]
TeachVerb = Literal["t_course", "t_pick", "t_part", "t_save", "t_drop", "t_protect", "i_save", "i_drop"]
ResourceVerb = Literal["further", "r_up", "r_down"]
EssayVerb = Literal["e_pick", "e_show", "e_withdraw", "m_next", "m_open", "m_second"]
PracticeVerb = Literal["p_next", "p_skip", "p_stop", "p_right", "p_partly", "p_not_yet", "p_out", "p_in"]
Verb = (
    Literal["up", "down", "choose", "none", "teacher", "course", "forget", "keep", "language", "show", "group"]
    | QueueVerb
    | TeachVerb
    | PracticeVerb
    | EssayVerb
    | ResourceVerb
)
_VOTES: dict[Verb, Vote] = {"up": "up", "down": "down", "choose": "chosen"}
_CODES: dict[Verb, str] = {
    **{"up": "u", "down": "d", "choose": "c", "none": "n", "teacher": "t", "course": "k"},
    **{"forget": "f", "keep": "x", "language": "l", "show": "e", "group": "g"},
    **{"q_next": "qn", "q_answer": "qa", "q_same": "qs", "q_pick": "qp"},
    **{"q_outside": "qo", "q_later": "ql", "q_alone": "q1", "q_undo": "qu", "q_mine": "qm", "topic": "o"},
    **{"t_course": "tk", "t_pick": "tp", "t_part": "tf", "t_save": "ts", "t_drop": "td", "t_protect": "tt"},
    **{"i_save": "is", "i_drop": "id"},
    **{"p_next": "pn", "p_skip": "ps", "p_stop": "px", "p_right": "pr", "p_partly": "ph", "p_not_yet": "pz"},
    **{"p_out": "po", "p_in": "pi"},
    **{"further": "r", "r_up": "ru", "r_down": "rd"},
    **{"e_pick": "ep", "e_show": "es", "e_withdraw": "ew", "m_next": "mn", "m_open": "mo", "m_second": "m2"},
}
_NAMING = {"course", "group", "language", "t_course"}  # verbs whose button carries a name
MAX_ACTION_CHARS = 64  # what Telegram takes for a button; a forged one may say more
_NUMBERS = re.compile(r"([0-9]{1,18}):([0-9]{1,18})")  # what SQLite holds


@dataclass(frozen=True, slots=True)
class Action:
    """What a choice does, small enough for a button. `course` is any name that the verb is about."""

    verb: Verb
    question: int = 0
    entry: int = 0
    course: str = ""

    def encode(self) -> str:
        """Return the action as the text a button carries."""
        rest = self.course if self.verb in _NAMING else f"{self.question}:{self.entry}"
        return f"{_CODES[self.verb]}:{rest}"

    @classmethod
    def decode(cls, data: str) -> "Action | None":
        """Return the action of a button, None if it is not one of ours."""
        if len(data) > MAX_ACTION_CHARS:
            return None
        code, _, rest = data.partition(":")
        verb = next((verb for verb, known in _CODES.items() if known == code), None)
        if verb is not None and verb in _NAMING:
            return cls(verb, course=rest)
        numbers = _NUMBERS.fullmatch(rest)
        if verb is None or numbers is None:
            return None
        return cls(verb, int(numbers[1]), int(numbers[2]))


def pattern_of(verbs: Iterable[Verb]) -> str:
    """Return the regular expression of the buttons with these verbs."""
    return f"^({'|'.join(_CODES[verb] for verb in verbs)}):"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a person can pick: a label and what it does."""

    label: str
    action: Action


@dataclass(frozen=True, slots=True)
class File:
    """A file to send; one whose name ends in .png is shown as a picture."""

    name: str
    content: bytes

    @property
    def is_picture(self) -> bool:
        """Whether it is to be seen and not only kept."""
        return self.name.endswith(".png")


@dataclass(frozen=True, slots=True)
class Reply:
    """A text of ours, or an entry shown as the answer, or a file, then rows of choices.

    `lead` is plain text; `entry`, if any, is shown whole below it; `choices_lead` is plain text above the choices.
    With a `file` the lead, up to 1,024 characters, is its caption.
    """

    lead: str = ""
    entry: Entry | None = None
    choices_lead: str = ""
    rows: tuple[tuple[Choice, ...], ...] = ()
    file: File | None = None


def answered(asked: Asked, texts: Texts) -> Reply:
    """Return what to say to a question."""
    about = texts.talk.about.format(question=asked.context[:MAX_ABOUT_CHARS]) if asked.context else ""
    offered = _candidate_rows(asked.question, asked.choices)
    if asked.best is not None:
        rows = (_thumbs(asked.question, asked.best), *offered)
        return Reply(about, asked.best, texts.other_candidates if offered else "", rows)
    if offered:
        none = (Choice(texts.none_of_these, Action("none", asked.question)),)
        return Reply(_lines(about, texts.suggest), rows=(*offered, none))
    return Reply(_lines(about, texts.abstain), rows=(_teacher(asked.question, texts),))


def answered_again(asked: Asked, texts: Texts) -> Reply:
    """Return what to say to a question that was changed: the old answer, which still stands there, is another one's."""
    reply = answered(asked, texts)
    return replace(reply, lead=_lines(texts.talk.edited, reply.lead))


def in_group(asked: Asked, entry: Entry) -> Reply:
    """Return what to say in a group: a sure answer that everybody there may judge, and nothing beside it."""
    return Reply(entry=entry, rows=(_thumbs(asked.question, entry),))


def not_asked(error: QuestionError, texts: Texts) -> str:
    """Return what to say to what cannot be asked."""
    return texts.no_words if error.reason == "no_words" else texts.too_long.format(limit=f"{MAX_QUESTION_CHARS:,}")


def chosen(question: int, entry: Entry) -> Reply:
    """Return what to say when a person picked a candidate: the entry, to be judged."""
    return Reply(entry=entry, rows=(_thumbs(question, entry),))


def further_row(question: int, texts: Texts) -> tuple[Choice, ...]:
    """Return the button that leads to what there is to read, watch or do on a question."""
    return (Choice(texts.recommend.further, Action("further", question)),)


def none_of_these(question: int, texts: Texts) -> Reply:
    """Return what to say when nothing offered fits."""
    return Reply(texts.none_noted, rows=(_teacher(question, texts),))


def pick_course(courses: list[Course], texts: Texts, verb: Literal["course", "group"] = "course") -> Reply:
    """Return the question which course it is about, for a person or for a group."""
    rows = [(Choice(course.title, Action(verb, course=course.id)),) for course in courses[:MAX_COURSES]]
    every = (Choice(texts.all_courses, Action(verb)),)
    return Reply(texts.choose_course, rows=(*rows, every))


async def take(
    tutor: Tutor, person: str, action: Action, texts: Texts, *, chat: int | None = None
) -> tuple[str, Reply | None]:
    """Do what a choice says; return a short notice and what else to say. In a group, `chat`, people only vote.

    Raises TutorError if the choice belongs to another person or to what is no longer there.
    """
    if chat is not None and action.verb not in ("up", "down"):
        raise TutorError("not a button of a group")
    if action.verb == "course":
        course = await tutor.choose_course(person, action.course or None)
        return "", Reply(texts.course_chosen.format(course=course.title if course else texts.all_courses))
    if action.verb == "teacher":
        new = await tutor.escalate(person, action.question)
        return "", Reply(texts.escalated if new else texts.already_escalated)
    if action.verb == "none":
        await tutor.react(person, action.question, None, "none")
        return "", none_of_these(action.question, texts)
    if action.verb not in _VOTES:
        raise TutorError("not a button of ours here")
    entry = await tutor.react(person, action.question, action.entry, _VOTES[action.verb], chat=chat)
    if action.verb == "choose" and entry is not None:
        reply = chosen(action.question, entry)
        more = (further_row(action.question, texts),) if tutor.find(has_resources, entry.key) else ()
        return "", replace(reply, rows=(*reply.rows, *more))
    return (texts.thanks if action.verb == "up" else texts.sorry), None


def _lines(*parts: str) -> str:
    return "\n".join(filter(None, parts))


def _thumbs(question: int, entry: Entry) -> tuple[Choice, ...]:
    return (Choice("👍", Action("up", question, entry.key)), Choice("👎", Action("down", question, entry.key)))


def _candidate_rows(question: int, candidates: tuple[Candidate, ...]) -> tuple[tuple[Choice, ...], ...]:
    return tuple((Choice(c.entry.question, Action("choose", question, c.entry.key)),) for c in candidates)


def _teacher(question: int, texts: Texts) -> tuple[Choice, ...]:
    return (Choice(texts.ask_teacher, Action("teacher", question)),)
