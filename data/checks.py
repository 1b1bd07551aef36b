"""What the cells of an entry may hold."""

import re
from datetime import date

from data.records import Entry

LANG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MAX_ID_CHARS = 200


def check_entry(entry: Entry) -> None:
    """Raise ValueError with what is wrong with an entry's cells."""
    if len(entry.id) > MAX_ID_CHARS or not entry.id.isprintable() or "|" in entry.id:
        raise ValueError(f"the id must be up to {MAX_ID_CHARS} printable characters without '|', not {entry.id[:60]!r}")
    if entry.lang and not LANG.fullmatch(entry.lang):
        raise ValueError(f"lang must be a code such as en or zh, not {entry.lang[:20]!r}")
    if entry.source_url and not entry.source_url.startswith(("https://", "http://")):
        raise ValueError(f"source_url must begin with https:// or http://, not {entry.source_url[:40]!r}")
    if entry.expires_on:
        try:
            iso = date.fromisoformat(entry.expires_on).isoformat()
        except ValueError as error:
            raise ValueError(f"expires_on must be a date such as 2026-12-01, not {entry.expires_on[:20]!r}") from error
        if iso != entry.expires_on:
            raise ValueError(f"expires_on must be written {iso}, not {entry.expires_on[:20]!r}")


def alternates(cell: str) -> tuple[str, ...]:
    """Return the wordings in a cell, each once."""
    return tuple(dict.fromkeys(filter(None, (part.strip() for part in cell.split("|")))))
