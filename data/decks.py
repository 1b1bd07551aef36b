"""Entries as an Anki deck: a deck for each course, a card for each entry.

Decks and cards are known by the ids of courses and entries, so that importing a later file mends what is there and
keeps what Anki knows of the learner.
"""

import hashlib
import html
import itertools
import re
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import genanki
from markdown_it import MarkdownIt
from sqlite_utils import Database

from data.entries import courses, entries
from data.errors import Refused, TutorError
from data.files import draft
from data.records import Entry

SUFFIX = ".apkg"
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])
_STYLE = (
    ".card { font-family: 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif; "
    "font-size: 18px; text-align: left; max-width: 40em; margin: 1em auto; } "
    ".where { color: #777; font-size: 14px; } pre { overflow-x: auto; }"
)
_MODEL = genanki.Model(
    1_906_512_747,  # once chosen and for ever: by it Anki knows the kind of card again
    "Course tutor",
    fields=[{"name": "Question"}, {"name": "Answer"}, {"name": "Where"}],
    templates=[
        {
            "name": "Card",
            "qfmt": "{{Question}}",
            "afmt": '{{FrontSide}}<hr id="answer">{{Answer}}<p class="where">{{Where}}</p>',
        }
    ],
    css=_STYLE,
)


def write_deck(db: Database, path: Path, course: str | None = None) -> int:
    """Write the live entries of a course, or of all, as cards; return how many.

    Raises Refused for another suffix, TutorError if the file cannot be written.
    """
    if path.suffix.lower() != SUFFIX:
        raise Refused([f"{path}: a deck goes into a {SUFFIX} file, which Anki imports"])
    known = entries(db, course)
    titles = {own.id: own.title for own in courses(db)}
    by_course = itertools.groupby(known, key=lambda entry: entry.course)
    decks = [_deck(name, titles[name], own) for name, own in by_course]
    try:
        _write(genanki.Package(decks), path)
    except OSError as error:
        raise TutorError(f"{path}: cannot be written ({error.strerror})") from error
    return len(known)


def _deck(course: str, title: str, known: Iterable[Entry]) -> genanki.Deck:
    deck = genanki.Deck(_number(course), title)
    for entry in known:
        deck.add_note(_note(entry))
    return deck


def _note(entry: Entry) -> genanki.Note:
    where = [html.escape(entry.section)] if entry.section else []
    if entry.source_url:
        address = html.escape(entry.source_url)
        where.append(f'<a href="{address}">{address}</a>')
    tags = [re.sub(r"\s+", "_", tag) for tag in (entry.section, *entry.tags.split()) if tag]
    fields = [html.escape(entry.question), _MARKDOWN.render(entry.answer), " · ".join(where)]
    return genanki.Note(_MODEL, fields, tags=tags, guid=genanki.guid_for(entry.course, entry.id))


def _write(package: genanki.Package, path: Path) -> None:
    at = time.time()
    with tempfile.TemporaryDirectory() as scratch, draft(path) as beside:
        collection = Path(scratch) / "collection.anki2"
        with closing(sqlite3.connect(collection)) as db, db:
            package.write_to_db(db.cursor(), at, itertools.count(int(at * 1000)))
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as file:
            file.write(collection, collection.name)
            file.writestr("media", "{}")
        beside.replace(path)


def _number(course: str) -> int:
    """Return the number of a course's deck: the same for the same id, and as large as Anki takes it."""
    return (1 << 30) + int.from_bytes(hashlib.sha256(course.encode()).digest()[:3], "big")
