"""The parts of the report as frozen records; shares and probabilities are 0 to 1, entries are named by id."""

from dataclasses import dataclass
from typing import Literal

Trend = Literal["better", "worse", "unclear", ""]
MEASURES = ("hit@1", "hit@5", "mrr@10", "auroc", "coverage@0.95")


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure before and after the round, with the 95 % interval of the difference where it was taken."""

    name: str
    before: float | None
    after: float | None
    low: float | None
    high: float | None

    @property
    def change(self) -> float | None:
        """The difference, after - before."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def trend(self) -> Trend:
        """What the interval says; empty without one."""
        if self.low is None or self.high is None:
            return ""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "unclear"


@dataclass(frozen=True, slots=True)
class MeasureSet:
    """The measures of one held-out set of `n` questions, of which so many have an answer; None: not recorded."""

    name: str
    n: int
    answerable: int | None
    rows: tuple[Measure, ...]

    @property
    def tested(self) -> bool:
        """Whether any change has its interval."""
        return any(row.trend for row in self.rows)

    def of(self, name: str) -> Measure:
        """Return the measure of this name."""
        return next(row for row in self.rows if row.name == name)


@dataclass(frozen=True, slots=True)
class Change:
    """A held-out question whose top entry became right or wrong; `before` and `after` are entry ids."""

    question: str
    course: str
    expected: tuple[str, ...]
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What became right, what became wrong, and how many questions did neither."""

    fixed: tuple[Change, ...]
    broke: tuple[Change, ...]
    unchanged: int


@dataclass(frozen=True, slots=True)
class Protected:
    """How many questions teachers protect, and which of them this version breaks."""

    n: int
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Training:
    """How the round was run; what an older record does not say is None or empty."""

    settings: tuple[tuple[str, str], ...]
    examples: int | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Learning:
    """Loss and validation MRR for each epoch; `best` counts epochs from 1; `averages` are (tuned part, MRR)."""

    losses: tuple[float, ...]
    scores: tuple[float, ...]
    best: int | None
    averages: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """A row of the ablation: the measures with only these signals."""

    name: str
    values: tuple[float | None, ...]  # in the order of MEASURES


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions of about one confidence, and the share of them that was right."""

    confidence: float
    right: float
    n: int


@dataclass(frozen=True, slots=True)
class Point:
    """The error among the questions that a threshold answers."""

    coverage: float
    error: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether a stated probability can be believed: reliability bins and expected calibration error."""

    questions: int | None
    unanswerable_share: float | None
    ece: float | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """A course's error budget, what it costs in coverage, and what other budgets would; shares are 0 to 1."""

    course: str
    labelled: int
    measured: bool
    max_error: float | None
    threshold: float | None
    coverage: float | None
    error: float | None
    upper: float | None
    costs: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A question that was answered wrongly; `rank` is the place of the right entry from 0, None: not found."""

    question: str
    course: str
    expected: tuple[str, ...]
    top: str | None
    probability: float
    rank: int | None
