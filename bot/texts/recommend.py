"""What people read when something is recommended to them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecommendTexts:
    """The part of a catalogue for recommendations; `{...}` is filled in by the caller."""

    further: str
    lead: str
    none: str
    nothing_known: str
    helped: str
    not_helped: str
    not_again: str
    because_asked: str
    because_practised: str
    because_entry: str
    because_near: str
    reading: str
    video: str
    exercise: str
    notebook: str
    beginner: str
    intermediate: str
    advanced: str
    minutes: str
