"""What students read when they hand in a text, and teachers when they mark it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EssayTexts:
    """The part of a catalogue for texts that are handed in; `{...}` is filled in by the caller.

    `sign_...`: what is measured of a text. `reason_...`: why there is no estimate. `file_...`: what is wrong with it.
    """

    choose: str
    none: str
    own: str
    own_line: str
    waits: str
    marked: str
    scale: str
    closes: str
    how: str
    handed_in: str
    standing: str
    closed: str
    often: str
    one_message: str
    wants_file: str
    too_long: str
    empty: str
    which: str
    estimate: str
    note: str
    nearest: str
    nearest_one: str
    strengths: str
    gaps: str
    refused: str
    no_estimate: str
    shown: str
    comment: str
    show: str
    withdraw: str
    withdrawn: str
    not_withdrawn: str
    told: str
    sign_words: str
    sign_sentence_length: str
    sign_long_words: str
    sign_paragraphs: str
    sign_cosine: str
    sign_terms: str
    sign_characters: str
    sign_sentence_characters: str
    reason_too_short: str
    reason_language: str
    reason_off_prompt: str
    reason_from_prompt: str
    reason_from_reference: str
    reason_new_prompt: str
    file_kind: str
    file_large: str
    file_broken: str
    file_encrypted: str
    file_pages: str
    file_scanned: str
    file_empty: str


@dataclass(frozen=True, slots=True)
class MarkingTexts:
    """The part of a catalogue for teachers who mark; `{...}` is filled in by the caller."""

    head: str
    reopened: str
    second_reading: str
    whole: str
    evidence: str
    evidence_one: str
    how: str
    steps: str
    not_a_mark: str
    saved: str
    saved_second: str
    own_mark: str
    next: str
    skip: str
    change: str
    second: str
    empty: str
    last: str
    gone: str
