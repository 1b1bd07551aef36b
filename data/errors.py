"""The errors a caller may catch; each message says what is wrong and what to do."""

from collections.abc import Sequence


class TutorError(ValueError):
    """Something a person can mend: bad input, a missing file, a store that cannot be used."""


class Refused(TutorError):
    """Input that was refused as a whole, with one reason per line.

    `reasons` is never empty; nothing was written when this is raised.
    """

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(self.reasons))


class StoreError(TutorError):
    """The store cannot be opened, read or written."""
