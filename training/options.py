"""Types of options that commands of training have."""

import re
from collections.abc import Callable
from typing import Any

import click

NAME = "[A-Za-z0-9_-]{1,56}"
BUDGET = "a share of the answers between 0 and 1, such as 0.05 for one in twenty, or `default`"


class FiniteRange(click.FloatRange):
    """A float in a range; `nan`, which click lets through because no comparison with it holds, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401  # click's signature
        """Return the number, or fail as wrong usage."""
        number = super().convert(value, param, ctx)
        if number != number:
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


class Kind(click.ParamType[str]):
    """What a model is for, as its bundles are filed: `answers`, `labels/NAME` or `scores/NAME`."""

    name = "kind"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401  # click's signature
        """Return the kind, or fail as wrong usage."""
        if value != "answers" and not re.fullmatch(rf"(labels|scores)/{NAME}", value):
            self.fail(f"{value!r} is not `answers`, `labels/NAME` or `scores/NAME`.", param, ctx)
        return str(value)


class Name(click.ParamType[str]):
    """The name of a labels or scores model, which is the name of a folder too."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401  # click's signature
        """Return the name, or fail as wrong usage."""
        if not re.fullmatch(NAME, value):
            self.fail(f"{value!r} is no name: letters, digits, `-` and `_`, at most 56 of them.", param, ctx)
        return str(value)


class Budget(click.ParamType[Any]):
    """A share between 0 and 1, or the word `default`, which stays as it is."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401  # click's signature
        """Return the share or `default`, or fail as wrong usage."""
        if value == "default":
            return value
        try:
            share = float(value)
        except ValueError:
            self.fail(f"{value!r} is not {BUDGET}.", param, ctx)
        if not 0 < share < 1:
            self.fail(f"{value} is not {BUDGET}.", param, ctx)
        return share


KIND = click.option(
    "--kind",
    type=Kind(),
    default="answers",
    show_default=True,
    help="Which model: answers, labels/NAME or scores/NAME.",
)
BASE = click.option(
    "--base", default=None, help="Base model: a hub id, a folder or `multilingual`.  [default: all-MiniLM-L6-v2]"
)
PUBLISH = click.option(
    "--publish",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Publish if better.",
)
SEED = click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Seed of everything random."
)


RATE = FiniteRange(0, 1, min_open=True)


def several(one: "click.ParamType[Any]", auto: bool = False) -> Callable[..., tuple[Any, ...] | None]:
    """Return a callback that reads values of a type between commas, each once; with `auto` that word is None."""

    def read(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[Any, ...] | None:
        if value is None:
            return None
        words = [word.strip() for word in value.split(",")]
        if not all(words):
            raise click.BadParameter(f"{value!r} has nothing between two commas", ctx, param)
        return tuple(
            dict.fromkeys(None if auto and word == "auto" else one.convert(word, param, ctx) for word in words)
        )

    return read


BASES = click.option(
    "--base",
    callback=several(click.STRING),
    metavar="NAME,...",
    help="Base models, as of `fit`.  [default: all-MiniLM-L6-v2]",
)
