"""An entry in the terminal."""

from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

from bot.texts import Texts
from data.records import Entry


def show_entry(console: Console, entry: Entry, texts: Texts) -> None:
    """Print an entry: its question, the answer's Markdown, section and source."""
    console.print(Text(entry.question, style="bold"))
    console.print(Markdown(entry.answer))
    where = [f"{texts.section}: {entry.section}"] if entry.section else []
    where += [f"{texts.source}: {entry.source_url}"] if entry.source_url else []
    if where:
        console.print(Text(" · ".join(where), style="dim"), soft_wrap=True)
