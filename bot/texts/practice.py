"""What students read when they practise."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PracticeTexts:
    """The part of a catalogue for practice; `{...}` is filled in by the caller."""

    ask: str
    skip: str
    stop: str
    stopped: str
    none_waiting: str
    all_answered: str
    nothing: str
    not_asked: str
    gone: str
    right: str
    partly: str
    not_yet: str
    estimate: str
    was_right: str
    was_partly: str
    was_not_yet: str
    next: str
    noted: str
    answered_again: str
    take_out: str
    taken_out: str
    put_back: str
    back: str
    in_minutes: str
    in_hours: str
    in_days: str
    remind_set: str
    remind_off: str
    remind_usage: str
    remind_lead: str
    begin: str
    progress_none: str
    progress_lead: str
    progress_weak: str
    progress_due: str
    other: str
    chart_topics: str
    chart_days: str
    chart_due: str
    chart_now: str
    chart_of: str
