"""Types of options that commands of training have."""

from typing import Any

import click

BUDGET = "a share of the answers between 0 and 1, such as 0.05 for one in twenty, or `default`"


class FiniteRange(click.FloatRange):
    """A float in a range; `nan`, which click lets through because no comparison with it holds, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401  # click's signature
        """Return the number, or fail as wrong usage."""
        number = super().convert(value, param, ctx)
        if number != number:
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


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
