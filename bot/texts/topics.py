"""What teachers read of topics."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopicTexts:
    """The part of a catalogue for topics; `{...}` is filled in by the caller."""

    lead: str
    none_yet: str
    taken: str
    left: str
    line: str
    only_mine: str
    every: str
    none_of_mine: str
