"""Everything a person reads, in one place per language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Texts:
    """The catalogue of one language; `{...}` is filled in by the caller."""

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


def texts_for(lang: str) -> Texts:
    """Return the catalogue for a language code such as `zh-hans`; English where there is none."""
    from bot.texts.en import EN
    from bot.texts.zh import ZH

    return ZH if lang.lower().startswith("zh") else EN
