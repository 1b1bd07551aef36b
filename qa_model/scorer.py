"""A scorer: texts in, estimates out, each with an interval, the most similar scored texts, or why it should not count.

What it returns is an estimate; a teacher decides.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from data.scored import Work
from data.words import normalise
from qa_model.encoder import Encoder, Vectors
from qa_model.kernels import Regression, rows_of
from qa_model.readings import Progress, Reader, Readings
from qa_model.refusals import NEW_PROMPT, Bounds, refusals

EVIDENCE = 3  # texts
BASELINES = {"length_only": "words", "cosine_only": "cosine"}  # the one sign that each goes by
NEW = ""  # the prompt that stands for those which were not learned
COVERAGE = 0.9  # of intervals
PLACES = np.linspace(0, 1, 21)  # on a scale, where the widths of intervals are known


@dataclass(frozen=True, slots=True)
class Marks:
    """How an estimate becomes one of the scores that people give: stretched around a centre, then to the nearest.

    Regression to the mean makes estimates too alike; where the cuts between the scores lie is chosen for quadratic
    weighted kappa.
    """

    levels: tuple[float, ...]
    centre: float
    stretch: float

    def of(self, values: Vectors) -> Vectors:
        """Return the score that each estimate stands for, (texts,)."""
        stretched = self.centre + self.stretch * (values - self.centre)
        levels = np.array(self.levels)
        nearest: Vectors = levels[np.abs(stretched[:, None] - levels[None]).argmin(1)]
        return nearest


@dataclass(frozen=True, slots=True)
class Baseline:
    """A score by one sign alone: a polynomial, lowest power first, and its marks."""

    powers: tuple[float, ...]
    marks: Marks

    def of(self, sign: Vectors) -> Vectors:
        """Return the estimates by the sign, (texts,)."""
        levels = self.marks.levels
        value: Vectors = np.polynomial.polynomial.polyval(sign, np.array(self.powers))
        return np.clip(value, levels[0], levels[-1])


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is known of a prompt: which regression scores it, its scale, its marks.

    `margins`: half the widths of its intervals, in parts of the scale, for estimates at PLACES.
    """

    regression: int
    low: float
    high: float
    margins: tuple[float, ...]
    marks: Marks
    bounds: Bounds
    baselines: Mapping[str, Baseline]
    prompt: str = ""
    reference: str = ""
    rows: int = 0

    def interval(self, value: float) -> tuple[float, float]:
        """Return the ends of an estimate's interval."""
        span = self.high - self.low
        margin = span * float(np.interp((value - self.low) / span, PLACES, self.margins))
        return max(value - margin, self.low), min(value + margin, self.high)


@dataclass(frozen=True, slots=True)
class Example:
    """A scored text that is like one that was handed in; `cosine` says how much."""

    text: str
    score: float
    cosine: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a text may be worth: a value, the score it stands for, an interval that holds the truth 9 times of 10.

    `refused`: why it should not count, in words of qa_model/refusals.py; nothing if it may. `signs`: in the order of
    qa_model/readings.py. `baselines`: value and score by one sign alone.
    """

    value: float
    mark: float
    low: float
    high: float
    refused: tuple[str, ...]
    nearest: tuple[Example, ...]
    signs: tuple[float, ...] = field(repr=False)
    baselines: Mapping[str, tuple[float, float]] = field(repr=False)


class Scorer:
    """Scores texts. One thread at a time may use it.

    `texts` and `scores`: for each regression, of what it learned from, row by row.
    """

    def __init__(
        self,
        encoder: Encoder,
        weights: Vectors,
        regressions: Sequence[Regression],
        prompts: Mapping[str, Prompt],
        texts: Sequence[Sequence[str]],
        scores: Sequence[Vectors],
    ) -> None:
        self.encoder = encoder
        self.weights = weights
        self.regressions = tuple(regressions)
        self.prompts = dict(prompts)
        self.texts = tuple(texts)
        self.scores = tuple(scores)
        self._reader = Reader(encoder, weights)

    def score(self, works: Sequence[Work], progress: Progress | None = None) -> list[Estimate]:
        """Return an estimate for each text, refused or not."""
        works = [self.filled(work) for work in works]
        return self.estimate(works, self._reader.read(works, progress))

    def filled(self, work: Work) -> Work:
        """Return a text with the prompt and the reference that were learned, where it comes without."""
        known = self.prompts.get(work.prompt_id)
        if known is None:
            return work
        return replace(work, prompt=work.prompt or known.prompt, reference=work.reference or known.reference)

    def estimate(self, works: Sequence[Work], readings: Readings) -> list[Estimate]:
        """Return an estimate for each text that was read."""
        by_prompt: dict[str, list[int]] = defaultdict(list)
        for i, work in enumerate(works):
            by_prompt[work.prompt_id].append(i)
        found: dict[int, Estimate] = {}
        for name, rows in by_prompt.items():
            told = self._of_prompt(name, [works[i] for i in rows], readings.take(np.array(rows)))
            found |= dict(zip(rows, told, strict=True))
        return [found[i] for i in range(len(works))]

    def named(self, prompt: str, reference: str) -> str | None:
        """Return the name of the prompt that was learned with this wording and this reference, None if none was."""
        wanted = normalise(prompt), normalise(reference)
        for name, own in self.prompts.items():
            if name != NEW and (normalise(own.prompt), normalise(own.reference)) == wanted:
                return name
        return None

    def part(self, name: str, estimate: Estimate) -> float:
        """Return which part of the prompt's scale an estimate's mark is, from 0 to 1."""
        scale = self.prompts.get(name, self.prompts[NEW])
        return min(max((estimate.mark - scale.low) / (scale.high - scale.low), 0.0), 1.0)

    def _of_prompt(self, name: str, works: Sequence[Work], readings: Readings) -> list[Estimate]:
        prompt = self.prompts.get(name, self.prompts[NEW])
        span = prompt.high - prompt.low
        values = prompt.low + span * np.clip(self.regressions[prompt.regression].predict(readings), 0, 1)
        marks = prompt.marks.of(values)
        others = {key: own.of(readings.sign(BASELINES[key])) for key, own in prompt.baselines.items()}
        alone = {key: (told, prompt.baselines[key].marks.of(told)) for key, told in others.items()}
        evidence = self._evidence(name, prompt, readings)
        ends = [prompt.interval(value) for value in values.tolist()]
        return [
            Estimate(
                value=float(values[i]),
                mark=float(marks[i]),
                low=ends[i][0],
                high=ends[i][1],
                refused=self._refused(name, work, evidence[i], prompt),
                nearest=evidence[i],
                signs=tuple(readings.signs[i].tolist()),
                baselines={key: (float(told[i]), float(mark[i])) for key, (told, mark) in alone.items()},
            )
            for i, work in enumerate(works)
        ]

    def _refused(self, name: str, work: Work, evidence: Sequence[Example], prompt: Prompt) -> tuple[str, ...]:
        nearest = evidence[0].cosine if evidence else 1.0
        found = refusals(work, nearest, prompt.bounds)
        return (*found, NEW_PROMPT) if name not in self.prompts and not work.reference else found

    def _evidence(self, name: str, prompt: Prompt, readings: Readings) -> list[tuple[Example, ...]]:
        """Return the nearest texts of the same prompt; there are none of a new one."""
        learned = self.regressions[prompt.regression].learned
        rows = rows_of(learned.prompts, name)
        texts, scores = self.texts[prompt.regression], self.scores[prompt.regression]
        alike = readings.vectors @ learned.vectors[rows].T  # (texts, learned)
        found = []
        for own in alike:
            best: npt.NDArray[np.intp] = np.argsort(-own, kind="stable")[:EVIDENCE]
            found.append(tuple(Example(texts[rows[j]], float(scores[rows[j]]), float(own[j])) for j in best))
        return found
