"""Everything a person reads, in one file per language: another language is another `.toml` beside this file."""

import tomllib
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from bot.texts.essay import EssayTexts, MarkingTexts
from bot.texts.practice import PracticeTexts
from bot.texts.recommend import RecommendTexts
from bot.texts.talk import TalkTexts
from bot.texts.teaching import TeachingTexts
from bot.texts.topics import TopicTexts


@dataclass(frozen=True, slots=True)
class Texts:
    """The catalogue of one language; `{...}` is filled in by the caller."""

    name: str
    welcome: str
    privacy: str
    help: str
    console_help: str
    choose_course: str
    course_chosen: str
    all_courses: str
    no_course: str
    suggest: str
    none_of_these: str
    none_noted: str
    abstain: str
    do_not_know: str
    ask_teacher: str
    escalated: str
    already_escalated: str
    other_candidates: str
    section: str
    source: str
    thanks: str
    sorry: str
    too_long: str
    no_words: str
    text_only: str
    unknown_command: str
    nothing_to_take: str
    gone: str
    failed: str
    not_recorded: str
    too_fast: str
    not_allowed: str
    no_invitation: str
    joined: str
    invite_usage: str
    invitation: str
    teacher_line: str
    no_teachers: str
    no_such_teacher: str
    dismissed: str
    change_line: str
    no_changes: str
    undo_usage: str
    undone: str
    not_undone: str
    privacy_long: str
    kept_days: str
    kept_until_forgotten: str
    exported: str
    nothing_kept: str
    forget_ask: str
    forget_yes: str
    forget_no: str
    forget_kept: str
    forget_done: str
    forget_versions: str
    forget_alike: str
    forget_backups: str
    command_privacy: str
    command_export: str
    command_forget: str
    command_start: str
    command_help: str
    command_course: str
    command_stats: str
    command_digest: str
    command_mute: str
    command_unmute: str
    command_language: str
    command_related: str
    command_anonymous: str
    command_cancel: str
    command_teachers: str
    command_undo: str
    command_invite: str
    command_dismiss: str
    command_quit: str
    command_skip: str
    command_queue: str
    command_topics: str
    command_teach: str
    command_edit: str
    command_protect: str
    command_quiz: str
    command_progress: str
    command_remind: str
    command_recommend: str
    command_essay: str
    command_marks: str
    command_send: str
    choose_language: str
    language_chosen: str
    nothing_open: str
    saved: str
    cancelled: str
    talk: TalkTexts
    teaching: TeachingTexts
    practice: PracticeTexts
    recommend: RecommendTexts
    topics: TopicTexts
    essay: EssayTexts
    marking: MarkingTexts


def _load(file: Path) -> Texts:
    """Read a catalogue. Raises TypeError if a text is missing or unknown."""
    catalogue: Texts = _made(Texts, tomllib.loads(file.read_text(encoding="utf-8")))
    return catalogue


def _made(kind: Any, said: dict[str, Any]) -> Any:  # noqa: ANN401  # a dataclass, and one of its kind
    """Make a catalogue, or a part of one, out of what stands in the file."""
    parts = {field.name: field.type for field in fields(kind) if is_dataclass(field.type)}
    return kind(**{name: _made(parts[name], text) if name in parts else text for name, text in said.items()})


CATALOGUES = {file.stem: _load(file) for file in sorted(Path(__file__).parent.glob("*.toml"))}
DEFAULT = "en"


def code_of(lang: str) -> str:
    """Return the code of the catalogue for a language code such as `zh-hans`; English where there is none."""
    code = lang.lower().replace("_", "-")
    found = [known for known in CATALOGUES if code == known or code.startswith(f"{known}-")]
    return max(found, key=len, default=DEFAULT)


def texts_for(lang: str) -> Texts:
    """Return the catalogue for a language code such as `zh-hans`; English where there is none."""
    return CATALOGUES[code_of(lang)]
