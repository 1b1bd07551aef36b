"""A type of option that several commands of training have."""

from typing import Any

import click


class FiniteRange(click.FloatRange):
    """A float in a range; `nan`, which click lets through because no comparison with it holds, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401  # click's signature
        """Return the number, or fail as wrong usage."""
        number = super().convert(value, param, ctx)
        if number != number:
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number
