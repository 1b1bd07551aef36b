"""Charts of the report as geometry: where ticks, lines and dots lie in the drawing; the page's template draws them.

Drawn as SVG of the page's own, so that they follow its colours, dark or light, and are sharp and legible on a phone.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from training.report_parts import Bin, Point

WIDTH, HEIGHT = 360, 236
LEFT, RIGHT, TOP, BOTTOM = 46, 346, 14, 190  # the plot inside the drawing
DOTS = 25  # points up to which each gets a dot


@dataclass(frozen=True, slots=True)
class Tick:
    """A number on an axis and where it stands."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point with what it says when touched."""

    x: float
    y: float
    radius: float
    told: str


@dataclass(frozen=True, slots=True)
class Guide:
    """A straight line to compare with; a level one has its label at the left, an upright one at its upper end."""

    x1: float
    y1: float
    x2: float
    y2: float
    label: str = ""

    @property
    def anchor(self) -> str:
        """Which end of the label stands at `label_x`: the one that keeps it inside the drawing."""
        return "end" if self.x1 == self.x2 and self.x1 > RIGHT - 40 else "start"

    @property
    def label_x(self) -> float:
        """Where the label stands, from the left."""
        return self.x1 + (-5 if self.anchor == "end" else 5)

    @property
    def label_y(self) -> float:
        """Where the label stands, from the top."""
        return self.y2 + 10 if self.x1 == self.x2 else self.y2 - 5


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of WIDTH x HEIGHT; `told` says in words what it shows."""

    told: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    path: str
    dots: tuple[Dot, ...]
    guides: tuple[Guide, ...] = ()


@dataclass(frozen=True, slots=True)
class Axis:
    """The numbers from `low` to `high`, and how they are written."""

    label: str
    low: float
    high: float
    written: Callable[[float], str]

    def part(self, value: float) -> float:
        """Return how far along the axis a value lies, 0 to 1."""
        return (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)

    def ticks(self, whole: bool = False) -> list[float]:
        """Return about five round numbers on the axis, whole ones if asked for."""
        rough = (self.high - self.low) / 5
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough * 0.999)
        step = max(1.0, step) if whole else step
        first = math.ceil(self.low / step - 1e-9)
        return [step * i for i in range(first, math.floor(self.high / step + 1e-9) + 1)]


def percent(share: float) -> str:
    """Return a share as a whole per cent, with a decimal only where it needs one."""
    return f"{round(share * 100, 1):g} %"


def epochs(values: Sequence[float], label: str, best: int | None = None) -> Chart:
    """Draw a value for each epoch; the epoch that was kept is marked."""
    low, high = min(values), max(values)
    spare = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    x = Axis("epoch", 1 if len(values) > 1 else 0, max(len(values), 2), lambda value: f"{value:.0f}")
    y = Axis(label, low - spare, high + spare, lambda value: f"{value:.4g}")
    places = [(epoch, value) for epoch, value in enumerate(values, 1)]
    dots = [f"epoch {epoch}: {value:.4f}" for epoch, value in places]
    told = f"{label} by epoch, from {values[0]:.3f} to {values[-1]:.3f}"
    drawn = _chart(told, x, y, places, dots, whole=True)
    if best is None or not 1 <= best <= len(values):
        return drawn
    at, _ = _place(x, y, best, low)
    return replace(drawn, guides=(Guide(at, BOTTOM, at, TOP, "kept"),))


def reliability(bins: Sequence[Bin]) -> Chart:
    """Draw how often questions of each confidence were right; on the diagonal, confidence can be taken at its word."""
    x, y = Axis("stated confidence", 0, 1, percent), Axis("were right", 0, 1, percent)
    ordered = sorted(bins, key=lambda found: found.confidence)
    places = [(found.confidence, found.right) for found in ordered]
    dots = [f"said {percent(b.confidence)}, right {percent(b.right)} of {b.n}" for b in ordered]
    most = max(found.n for found in bins) or 1
    radii = [2.5 + 4.5 * math.sqrt(found.n / most) for found in ordered]
    drawn = _chart("Reliability diagram: share right by stated confidence", x, y, places, dots, radii)
    return replace(drawn, guides=(Guide(LEFT, BOTTOM, RIGHT, TOP, ""),))


def risk(points: Sequence[Point], budgets: Sequence[float]) -> Chart:
    """Draw the error among the questions answered, by how many are answered, with a line for each error budget."""
    top = max([point.error for point in points] + [2 * budget for budget in budgets] + [0.02])
    x, y = Axis("questions answered", 0, 1, percent), Axis("of those wrong", 0, min(1.0, top * 1.05), percent)
    places = [(point.coverage, point.error) for point in points]
    dots = [f"{percent(p.coverage)} answered, {percent(p.error)} of those wrong" for p in points]
    drawn = _chart("Error among the questions answered, by the share answered", x, y, places, dots)
    lines = [(_place(x, y, 0, budget)[1], budget) for budget in budgets]
    return replace(drawn, guides=tuple(Guide(LEFT, at, RIGHT, at, f"budget {percent(b)}") for at, b in lines))


def scatter(pairs: Sequence[tuple[float, float]], scale: str) -> Chart:
    """Draw estimates against the scores that people gave, (score, estimate) each; on the diagonal they agree."""
    values = [value for pair in pairs for value in pair]
    low, high = min(values), max(values)
    spare = (high - low) * 0.04 or abs(high) * 0.04 or 1.0
    x, y = (Axis(name, low - spare, high + spare, lambda value: f"{value:.4g}") for name in (scale, "estimate"))
    dots = [f"score {score:.4g}, estimate {estimate:.4g}" for score, estimate in pairs]
    drawn = _chart(f"{len(pairs)} estimates by the scores that people gave", x, y, pairs, dots, [2.2] * len(pairs))
    return replace(drawn, path="", guides=(Guide(LEFT, BOTTOM, RIGHT, TOP, ""),))


def within(points: Sequence[Point], budget: float) -> Point | None:
    """Return the point that answers most within the budget, None if none does."""
    return max((p for p in points if p.error <= budget), key=lambda p: p.coverage, default=None)


def _chart(
    told: str,
    x: Axis,
    y: Axis,
    places: Sequence[tuple[float, float]],
    dots: Sequence[str],
    radii: Sequence[float] = (),
    *,
    whole: bool = False,
) -> Chart:
    drawn = [_place(x, y, *place) for place in places]
    sizes = radii or [3.0 if len(places) <= DOTS else 0.0] * len(places)
    return Chart(
        told,
        x.label,
        y.label,
        tuple(Tick(_place(x, y, value, y.low)[0], x.written(value)) for value in x.ticks(whole)),
        tuple(Tick(_place(x, y, x.low, value)[1], y.written(value)) for value in y.ticks()),
        "M" + " L".join(f"{left:g} {top:g}" for left, top in drawn),
        tuple(Dot(*at, round(size, 1), text) for at, size, text in zip(drawn, sizes, dots, strict=True) if size),
    )


def _place(x: Axis, y: Axis, across: float, up: float) -> tuple[float, float]:
    """Return where a pair of values lies in the drawing."""
    left = LEFT + x.part(across) * (RIGHT - LEFT)
    return round(left, 1), round(BOTTOM - y.part(up) * (BOTTOM - TOP), 1)
