"""Where the charts put their ticks, dots and guides."""

import pytest

from training import charts
from training.charts import BOTTOM, LEFT, RIGHT, TOP, Axis
from training.report_parts import Bin, Point


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0, 0.11, [0, 0.05, 0.1]), (0.81, 0.9, [0.82, 0.84, 0.86, 0.88, 0.9])],
)
def test_ticks_are_round_numbers_on_the_axis(low: float, high: float, ticks: list[float]) -> None:
    assert Axis("", low, high, str).ticks() == pytest.approx(ticks)


def test_epochs_are_whole_and_the_kept_one_is_marked() -> None:
    chart = charts.epochs([2.0, 1.0, 0.5], "training loss", best=2)
    assert [tick.text for tick in chart.x_ticks] == ["1", "2", "3"]
    assert [dot.x for dot in chart.dots] == [LEFT, (LEFT + RIGHT) / 2, RIGHT]
    assert chart.dots[0].y < chart.dots[1].y < chart.dots[2].y
    assert [(guide.x1, guide.label) for guide in chart.guides] == [(chart.dots[1].x, "kept")]


@pytest.mark.parametrize("values", [[1.0], [0.0], [1.0, 1.0], [1e14, 0.0], [0.5] * 200])
def test_flat_short_and_long_curves_stay_inside_the_drawing(values: list[float]) -> None:
    chart = charts.epochs(values, "loss", best=len(values) + 1)
    assert all(LEFT <= dot.x <= RIGHT and TOP <= dot.y <= BOTTOM for dot in chart.dots)
    assert chart.guides == ()
    assert bool(chart.dots) == (len(values) <= charts.DOTS)


def test_reliable_bins_lie_on_the_diagonal_and_large_ones_are_large() -> None:
    chart = charts.reliability([Bin(1.0, 1.0, 400), Bin(0.0, 0.0, 100), Bin(0.5, 0.5, 0)])
    guide = chart.guides[0]
    places = [(guide.x1, guide.y1), ((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2), (guide.x2, guide.y2)]
    assert [(dot.x, dot.y) for dot in chart.dots] == places
    assert [dot.radius for dot in chart.dots] == [4.8, 2.5, 7.0]
    assert charts.reliability([Bin(0.5, 0.5, 0)]).dots


def test_the_budget_is_a_level_line_at_its_error() -> None:
    chart = charts.risk([Point(0.2, 0.0), Point(1.0, 0.05)], [0.05])
    assert chart.dots[1].y == chart.guides[0].y1 == chart.guides[0].y2
    assert chart.guides[0].label == "budget 5 %"


def test_within_a_budget_is_the_point_that_answers_most() -> None:
    points = [Point(0.1, 0.03), Point(0.4, 0.01), Point(0.7, 0.04), Point(1.0, 0.2)]
    assert charts.within(points, 0.05) == Point(0.7, 0.04)
    assert charts.within(points, 0.02) == Point(0.4, 0.01)
    assert charts.within(points, 0.001) is None
