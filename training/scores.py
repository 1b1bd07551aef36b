"""Fit a scorer: regressions by prompt and among prompts, marks, intervals and bounds, all from what is left out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from data.scored import ScoredWork
from qa_model.encoder import Encoder, Vectors
from qa_model.kernels import rows_of
from qa_model.readings import Progress, Reader, Readings, token_weights
from qa_model.refusals import bounds_of
from qa_model.scorer import BASELINES, NEW, Estimate, Prompt, Scorer
from training.kernel_fit import Fit, fit_regression
from training.score_kernels import ALONE, BY_REFERENCE, BY_REFERENCE_ALONE, BY_WORDS, ELSEWHERE, TOGETHER
from training.score_margins import margins, usual_errors
from training.score_marks import baseline, best_stretch, marks

OWN_FROM = 400  # texts: from there a prompt has a regression of its own
MOST = 3000  # texts that one regression learns from: its time grows with the cube of them
MIN_PROMPTS = 3  # of one scale, to learn what holds for new ones
MIN_MARGIN, MIN_STRETCH = 30, 200  # texts of a prompt for an interval, and for cuts, of its own
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Learned:
    """A scorer, with its estimates of texts and of prompts that were left out; of the latter none if there are few."""

    scorer: Scorer
    left_out: tuple[Estimate, ...]
    new_prompts: tuple[Estimate, ...]
    works: tuple[ScoredWork, ...]
    new_works: tuple[ScoredWork, ...]
    fits: tuple[Fit, ...]


@dataclass(frozen=True, slots=True)
class _Left:
    """Texts with what was said of them when they were left out, on their prompt's scale."""

    rows: Rows
    values: Vectors


def fit_scorer(
    encoder: Encoder, works: Sequence[ScoredWork], progress: Progress | None = None, seed: int = 0
) -> Learned:
    """Fit a scorer to scored texts. The encoder stays as it is; `seed` deals out the folds."""
    weights = token_weights(encoder, sorted({own.work.text for own in works}))
    readings = Reader(encoder, weights).read([own.work for own in works], progress)
    return fit_readings(encoder, weights, works, readings, seed)


def fit_readings(
    encoder: Encoder, weights: Vectors, works: Sequence[ScoredWork], readings: Readings, seed: int = 0
) -> Learned:
    """Fit a scorer to scored texts that were read with these weights of tokens."""
    material = _Material(works, readings, seed)
    groups = material.groups()
    fits = [material.fit(rows) for rows in groups]
    new_rows = material.sampled_for_new()
    if len(new_rows):
        fits.append(material.fit_for_new(new_rows))
        groups.append(new_rows)
    lefts = [_Left(rows, material.values(rows, fit)) for rows, fit in zip(groups, fits, strict=True)]
    known = lefts[:-1] if len(new_rows) else lefts
    prompts = {
        name: material.prompt(name, i, left)
        for i, left in enumerate(known)
        for name in sorted(set(readings.prompts[left.rows].tolist()))
    }
    prompts[NEW] = material.new_prompt(len(fits) - 1 if len(new_rows) else 0, lefts[-1])
    texts = [[works[i].work.text for i in rows] for rows in groups]
    scores = [material.scores[rows] for rows in groups]
    scorer = Scorer(encoder, weights, [fit.regression for fit in fits], prompts, texts, scores)
    return _learned(scorer, works, readings, known, lefts[-1] if len(new_rows) else None, fits)


class _Material:
    """Scored texts as they were read, and the scale of each prompt: prompts with the same best score share one."""

    def __init__(self, works: Sequence[ScoredWork], readings: Readings, seed: int) -> None:
        self.works, self.readings, self._seed = works, readings, seed
        self.scores = np.array([own.score for own in works], np.float32)
        names = [str(name) for name in np.unique(readings.prompts)]
        best = {name: float(self.scores[self.rows(name)].max()) for name in names}
        least: dict[float, float] = defaultdict(lambda: float("inf"))
        for name in names:
            least[best[name]] = min(least[best[name]], float(self.scores[self.rows(name)].min()))
        self.scales = {name: (least[best[name]], best[name]) for name in names}

    def rows(self, name: str) -> Rows:
        """Return the texts of a prompt."""
        return rows_of(self.readings.prompts, name)

    def prompts_of(self, rows: Rows) -> int:
        """Return how many prompts texts are of."""
        return len(set(self.readings.prompts[rows].tolist()))

    def groups(self) -> list[Rows]:
        """Return the texts that each regression learns from: a prompt with many, or several prompts with few."""
        groups: list[Rows] = []
        small: list[Rows] = []
        for name in sorted(self.scales, key=lambda name: (self.scales[name][1], name)):
            rows = _sampled(self.rows(name), MOST)
            if len(rows) >= OWN_FROM:
                groups.append(rows)
            else:
                small.append(rows)
        while small:
            taken = [small.pop(0)]
            while small and sum(map(len, taken)) + len(small[0]) <= MOST:
                taken.append(small.pop(0))
            groups.append(np.concatenate(taken))
        return groups

    def sampled_for_new(self) -> Rows:
        """Return texts of the scale that most prompts have, evenly, to learn from for new prompts.

        There are none if those prompts have no reference, without which a new one is refused, or are too few.
        """
        scales = list(self.scales.values())
        usual = max(scales, key=scales.count)
        alike = [name for name, scale in self.scales.items() if scale == usual]
        names = [name for name in alike if all(self.works[i].work.reference for i in self.rows(name))]
        if len(names) < MIN_PROMPTS:
            return np.zeros(0, np.intp)
        return np.concatenate([_sampled(self.rows(name), max(MOST // len(names), 1)) for name in names])

    def fit(self, rows: Rows) -> Fit:
        """Fit to these texts; the same text is left out together wherever it stands."""
        works = [self.works[i].work for i in rows]
        groups = [own.group for own in works]
        known = any(w.reference for w in works)
        beside = [BY_REFERENCE] if known else [BY_WORDS]
        first = TOGETHER if self.prompts_of(rows) > 1 else ALONE
        chosen = [part for part in first if known or part.view != "states_reference"]
        return fit_regression(self.readings.take(rows), self._targets(rows), groups, chosen, beside, self._seed)

    def fit_for_new(self, rows: Rows) -> Fit:
        """Fit to these texts what holds for prompts that were left out."""
        told, targets = self.readings.take(rows), self._targets(rows)
        return fit_regression(told, targets, told.prompts.tolist(), ELSEWHERE, [BY_REFERENCE_ALONE], self._seed)

    def _targets(self, rows: Rows) -> Vectors:
        low, high = self._spans(rows)
        told: Vectors = (self.scores[rows] - low) / (high - low)
        return told

    def values(self, rows: Rows, fit: Fit) -> Vectors:
        """Return what was said of texts when they were left out, on their prompt's scale."""
        low, high = self._spans(rows)
        told: Vectors = low + (high - low) * np.clip(fit.left_out, 0, 1)
        return told

    def prompt(self, name: str, regression: int, left: _Left) -> Prompt:
        """Return what is known of a prompt that was learned."""
        own = _within(left, self.readings.prompts[left.rows] == name)
        wide = own if len(own.rows) >= MIN_MARGIN else left
        work = next((w.work for i in own.rows if (w := self.works[i]).work.reference), self.works[own.rows[0]].work)
        made = self._prompt(regression, own, self.scales[name], self._margins(wide, left))
        if len(own.rows) < MIN_STRETCH:
            made = replace(made, marks=replace(made.marks, stretch=self._shared_stretch(left)))
        return replace(made, prompt=work.prompt, reference=work.reference)

    def new_prompt(self, regression: int, left: _Left) -> Prompt:
        """Return what is known of a prompt that was not: it has the scale that most have."""
        scales = list(self.scales.values())
        made = self._prompt(regression, left, max(scales, key=scales.count), self._margins(left, left))
        stretch = self._shared_stretch(left)
        return replace(made, marks=replace(made.marks, stretch=stretch), bounds=replace(made.bounds, nearest=-1.0))

    def _prompt(self, regression: int, left: _Left, scale: tuple[float, float], half: tuple[float, ...]) -> Prompt:
        rows = left.rows
        truth = self.scores[rows]
        bounds = bounds_of([self.works[i].work.text for i in rows], self.readings.vectors[rows])
        told = self.readings.take(rows)
        with_reference = all(self.works[i].work.reference for i in rows)
        names = [name for name in BASELINES if name == "length_only" or with_reference]
        baselines = {name: baseline(told.sign(BASELINES[name]), truth) for name in names}
        return Prompt(regression, *scale, half, marks(truth, left.values), bounds, baselines, rows=len(rows))

    def _spans(self, rows: Rows) -> tuple[Vectors, Vectors]:
        spans = np.array([self.scales[name] for name in self.readings.prompts[rows].tolist()], np.float32)
        return spans[:, 0], spans[:, 1]

    def _margins(self, left: _Left, group: _Left) -> tuple[float, ...]:
        """Return the margins by the texts of `left`; how errors vary over the scale is what `group` tells."""
        return margins(*self._errors(left), usual_errors(*self._errors(group)))

    def _errors(self, left: _Left) -> tuple[Vectors, Vectors]:
        """Return errors and estimates of what was left out, in parts of the scale, (texts,) each."""
        low, high = self._spans(left.rows)
        errors: Vectors = np.abs(self.scores[left.rows] - left.values) / (high - low)
        return errors, (left.values - low) / (high - low)

    def _shared_stretch(self, left: _Left) -> float:
        """Return the stretch with the best mean agreement over prompts."""
        names = self.readings.prompts[left.rows]
        parts = [_within(left, names == name) for name in np.unique(names)]
        return best_stretch([(self.scores[own.rows], own.values) for own in parts])


def _within(left: _Left, kept: npt.NDArray[np.bool_]) -> _Left:
    return _Left(left.rows[kept], left.values[kept])


def _sampled(rows: Rows, most: int) -> Rows:
    return rows if len(rows) <= most else np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


def _learned(
    scorer: Scorer,
    works: Sequence[ScoredWork],
    readings: Readings,
    known: Sequence[_Left],
    new: _Left | None,
    fits: Sequence[Fit],
) -> Learned:
    """Return the scorer with what it says of texts that are left out, as Estimates."""
    order = [int(i) for left in known for i in left.rows]
    values = [value for left in known for value in left.values.tolist()]
    new_rows = [] if new is None else [int(i) for i in new.rows]
    new_values = [] if new is None else new.values.tolist()
    prompts = [scorer.prompts[works[i].work.prompt_id] for i in order]
    return Learned(
        scorer,
        tuple(_estimate(*own, readings) for own in zip(prompts, values, order, strict=True)),
        tuple(_estimate(scorer.prompts[NEW], *own, readings) for own in zip(new_values, new_rows, strict=True)),
        tuple(works[i] for i in order),
        tuple(works[i] for i in new_rows),
        tuple(fits),
    )


def _estimate(prompt: Prompt, value: float, row: int, readings: Readings) -> Estimate:
    mark = float(prompt.marks.of(np.array([value]))[0])
    alone = {}
    for name, own in prompt.baselines.items():
        told = own.of(readings.sign(BASELINES[name])[row : row + 1])
        alone[name] = (float(told[0]), float(own.marks.of(told)[0]))
    return Estimate(value, mark, *prompt.interval(value), (), (), (), alone)
