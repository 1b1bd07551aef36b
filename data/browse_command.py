"""The command `python -m data browse`: the store in a web browser on this machine."""

import click

from data.cli import Common, common
from data.errors import TutorError


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="0 takes any free one.")
@common
def browse(options: Common, port: int) -> None:
    """Show questions, answers and what students thought of them as web pages, on this machine only; changes nothing."""
    try:
        from data import browsing
    except ModuleNotFoundError as error:
        raise TutorError(f"{error.name} is missing: install it with `pip install -e '.[browse]'`") from error
    with options.store() as store, browsing.listening(port) as socket:
        address, serve = browsing.prepare(store.path, socket)
        options.emit({"address": address}, [f"open {address} (the link works once; Ctrl-C ends)"])
        serve()
