"""What the three command lines share: options, output, progress, and errors that say what to do."""

import functools
import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

import click

from data.errors import Refused, TutorError
from data.locks import in_use
from data.store import Store

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Common:
    """The options of every command."""

    db: Path
    models: Path
    as_json: bool

    @contextmanager
    def store(self, *, create: bool = False) -> Iterator[Store]:
        """Open the store, and hold off a restore until it is closed; see Store for what it raises."""
        with ExitStack() as stack:
            if create or self.db.exists():  # no folder is made where there is no store
                stack.enter_context(in_use(self.db))
            yield stack.enter_context(Store(self.db, create=create))

    def emit(self, result: dict[str, Any], lines: Iterable[str]) -> None:
        """Print one JSON object, or the lines that say the same to a person."""
        if self.as_json:
            click.echo(json.dumps(result, ensure_ascii=False))
        else:
            for line in lines:
                click.echo(line)


def check_exists(file: Path) -> None:
    """Raise Refused if there is no such file or folder."""
    if not file.exists():
        raise Refused([f"{file}: there is no such file"])


def check_course(course: str | None) -> None:
    """Raise BadParameter if the value of --course cannot be a course's id."""
    from data.importing import COURSE_ID

    if course is not None and not COURSE_ID.fullmatch(course):
        raise click.BadParameter("1 to 56 letters, digits, '-' or '_'", param_hint="--course")


def common(command: Callable[Concatenate[Common, P], T]) -> Callable[..., T]:
    """Give a command the common options, as a `Common` in its first place."""

    @click.option(
        "--db", type=Path, envvar="TUTOR_DB", default=Path("var/tutor.db"), show_default=True, help="The store."
    )
    @click.option(
        "--models",
        type=Path,
        envvar="TUTOR_MODELS",
        default=Path("var/models"),
        show_default=True,
        help="Model bundles.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout and nothing else there.")
    @functools.wraps(command)
    def wrapped(db: Path, models: Path, as_json: bool, *args: P.args, **kwargs: P.kwargs) -> T:
        return command(Common(db, models, as_json), *args, **kwargs)

    return wrapped


def run(group: click.Group, name: str) -> NoReturn:
    """Run a command line: exit 0 done, 1 refused with one line per reason, 2 wrong usage."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        group.main(prog_name=f"python -m {name}", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # The reader has gone; point stdout elsewhere, or the interpreter complains when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except TutorError as error:
        reasons = error.reasons if isinstance(error, Refused) else (str(error),)
        if "--json" in sys.argv:
            click.echo(json.dumps({"refused": list(reasons)}, ensure_ascii=False))
        for reason in reasons:
            click.echo(f"error: {reason}", err=True)
        sys.exit(1)
    sys.exit(0)


def track(items: Iterable[T], label: str, total: int) -> Iterator[T]:
    """Yield the items under a progress bar on stderr, which only shows on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(label, total=total)
        for item in items:
            yield item
            progress.advance(task)
