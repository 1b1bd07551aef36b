"""A list of resources as a teacher writes it, and how it is imported."""

from pathlib import Path

from data import resource_files
from data.store import Store

HEADER = "title,url,course,id,kind,level,minutes,lang,summary,entries\n"
FILM = "A film,https://example.org/a?b=1,c,film,video,beginner,12,en,On rates.,lr|due\n"
PAPER = "A paper,http://example.org/p,c,,,,,,,\n"


def load(store: Store, folder: Path, text: str, *, replace_all: bool = False) -> resource_files.Plan:
    """Import a file with this text."""
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    plan = store.read(resource_files.plan, path, replace_all=replace_all)
    store.write(resource_files.apply, plan)
    return plan
