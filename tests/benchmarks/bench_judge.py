"""How well the quiz judge tells right from partly right from not yet, on short answers that people scored.

FOLDER holds `training.csv`, `unseen_answers.csv` (the same questions) and `unseen_questions.csv` (others), in columns
prompt_id, prompt, reference, text, score from 0 to 1, as Short Answer Feedback has them (Filighera et al., ACL 2022):
a full score is right, none is not yet, anything between is partly right. Run:

    python tests/benchmarks/bench_judge.py FOLDER [--fit]

Prints accuracy and macro-F1 beside the commonest class, beside the cosine with the reference alone, whose two cuts are
the best on the training part, and beside the scorer that is fitted to the training part and judges as `scores/quiz`
does (what it refuses is the judge's); the correlation of the scores, and what becomes of answers to another question.
With --fit it prints the numbers of qa_model/judge.py instead, fitted on the training part, and how they do on questions
left out of it in turn.
"""

import argparse
import csv
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from data.practice import VERDICTS
from data.records import Entry
from data.scored import Work, read_scored
from qa_model import judge
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.block import texts_of
from qa_model.encoder import Encoder
from qa_model.index import CourseIndex
from qa_model.judge import Judge, Judgement, Signs, verdict_of
from qa_model.scorer import Scorer
from qa_model.vectors import encode
from training.scores import fit_scorer

Floats = npt.NDArray[np.floating]
NOT_YET, PARTLY, RIGHT = 0, 1, 2
MISPLACED = 400  # answers that are set beside the reference of another question
FOLDS = 8
PULL = 2.0  # of the slopes towards 0
BALANCE = 0.5  # a class counts by this power of how rare it is
UPWARD = (True, True, True, True, False, False)  # whether more of a sign can only be better, or only worse


@dataclass(frozen=True)
class Row:
    """An answer with what people gave for it."""

    prompt: str
    question: str
    reference: str
    text: str
    score: float

    @property
    def label(self) -> int:
        """The class of the score."""
        return RIGHT if self.score >= 1 else NOT_YET if self.score <= 0 else PARTLY


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--base", default=DEFAULT_BASE)
    arguments = parser.parse_args()
    parts = {
        name: read(arguments.folder / f"{name}.csv") for name in ("training", "unseen_answers", "unseen_questions")
    }
    encoder = Encoder.load(resolve(arguments.base))
    if arguments.fit:
        fit_anew(encoder, parts["training"])
        return
    told = judge_over(encoder, [row for rows in parts.values() for row in rows])
    cuts = best_cuts(cosines(encoder, parts["training"]), labels(parts["training"]))
    scorer = fit_scorer(encoder, read_scored(arguments.folder / "training.csv")).scorer
    print(f"{'':<20}{'n':>6}{'accuracy':>10}{'macro-F1':>10}{'Pearson':>10}")
    for name in ("unseen_answers", "unseen_questions"):
        rows = parts[name]
        judged = [told.judge(row.question, row.reference, row.text) for row in rows]
        print(f"{name}: " + ", ".join(f"{n} {VERDICTS[::-1][k]}" for k, n in sorted(Counter(labels(rows)).items())))
        line("  the commonest class", rows, np.full(len(rows), RIGHT))
        alike = cosines(encoder, rows)
        line("  cosine alone", rows, np.digitize(alike, cuts), alike)
        found = verdicts(judged)
        line("  the judge", rows, found, np.array([own.score for own in judged]))
        scored = by_scorer(scorer, rows, judged)
        line("  the scorer", rows, verdicts(scored), np.array([own.score for own in scored]))
        print("  judged, of not yet / partly / right:", confusion(labels(rows), found))
        wrong = Counter(told.judge(*own).verdict for own in misplaced(rows))
        print("  answers to another question:", ", ".join(f"{n} {verdict}" for verdict, n in wrong.most_common()))


def by_scorer(scorer: Scorer, rows: Sequence[Row], judged: Sequence[Judgement]) -> list[Judgement]:
    """Return what the scorer says, and what the judge said where the bot asks that alone, or the scorer refuses."""
    names = {key: scorer.named(*key) or "new" for key in {(row.question, row.reference) for row in rows}}
    works = [Work(names[row.question, row.reference], row.text, row.question, row.reference) for row in rows]
    told = []
    for estimate, work, own in zip(scorer.score(works), works, judged, strict=True):
        part = scorer.part(work.prompt_id, estimate)
        alone = judge.plainly(work.reference, work.text) is not None
        told.append(own if alone or estimate.refused else Judgement(part, verdict_of(part)))
    return told


def verdicts(judged: Sequence[Judgement]) -> npt.NDArray[np.intp]:
    """Return the class of each verdict."""
    return np.array([VERDICTS[::-1].index(own.verdict) for own in judged])


def read(path: Path) -> list[Row]:
    """Read a part."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Row(r["prompt_id"], r["prompt"], r["reference"], r["text"], float(r["score"])) for r in csv.DictReader(file)
        ]


def labels(rows: Sequence[Row]) -> npt.NDArray[np.intp]:
    """Return the class of each answer."""
    return np.array([row.label for row in rows])


def judge_over(encoder: Encoder, rows: Sequence[Row]) -> Judge:
    """Return a judge in a course of these questions and their references."""
    known = dict.fromkeys((row.question, row.reference) for row in rows)
    course = [Entry("saf", str(i), *texts) for i, texts in enumerate(known)]
    embedded = encode(encoder, list(dict.fromkeys(text for entry in course for text in texts_of(entry))))
    ids = {text: own.tokens.ids for text, own in embedded.items() if own.tokens is not None}
    vectors = {text: own.vector for text, own in embedded.items()}
    return Judge(encoder, CourseIndex(course, vectors, encoder.dim, ids).token_weights)


def cosines(encoder: Encoder, rows: Sequence[Row]) -> Floats:
    """Return the cosine of each answer with its reference."""
    given = encoder.encode([row.text for row in rows], "passage")
    known = {text: i for i, text in enumerate(dict.fromkeys(row.reference for row in rows))}
    references = encoder.encode(list(known), "passage")[[known[row.reference] for row in rows]]
    alike: Floats = (given * references).sum(1)
    return alike


def misplaced(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """Return (question, reference, answer) of answers that were given to another question and are worth something."""
    random = np.random.default_rng(0)
    questions = sorted({(row.prompt, row.question, row.reference) for row in rows})
    found = []
    for i in random.permutation(len(rows))[:MISPLACED]:
        others = [own for own in questions if own[0] != rows[i].prompt]
        if rows[i].score:
            _, question, reference = others[random.integers(len(others))]
            found.append((question, reference, rows[i].text))
    return found


def best_cuts(values: Floats, truth: npt.NDArray[np.intp]) -> list[float]:
    """Return the two cuts that give the best macro-F1."""
    steps = np.quantile(values, np.linspace(0, 1, 101))
    pairs = ([low, high] for low, high in itertools.combinations(np.unique(steps), 2))
    return max(pairs, key=lambda cuts: macro_f1(truth, np.digitize(values, cuts)))


def macro_f1(truth: npt.NDArray[np.intp], found: npt.NDArray[np.intp]) -> float:
    """Return the mean of the classes' F1."""
    both = [2 * ((truth == k) & (found == k)).sum() / max((truth == k).sum() + (found == k).sum(), 1) for k in range(3)]
    return float(np.mean(both))


def confusion(truth: npt.NDArray[np.intp], found: npt.NDArray[np.intp]) -> str:
    """Return the counts, a row of the truth after the other."""
    return " | ".join(" ".join(str(((truth == t) & (found == f)).sum()) for f in range(3)) for t in range(3))


def line(name: str, rows: Sequence[Row], found: npt.NDArray[np.intp], scores: Floats | None = None) -> None:
    """Print a row of measures."""
    truth = labels(rows)
    pearson = "" if scores is None else f"{np.corrcoef(scores, [row.score for row in rows])[0, 1]:>10.3f}"
    print(f"{name:<20}{len(rows):>6}{(found == truth).mean():>10.3f}{macro_f1(truth, found):>10.3f}{pearson}")


def fit_anew(encoder: Encoder, rows: Sequence[Row]) -> None:
    """Fit on all of it, print that, and how it does on questions that are left out."""
    told = judge_over(encoder, rows)
    judged = [
        (told.signs(row.question, row.reference, row.text), row) for row in rows if not judge.says_nothing(row.text)
    ]
    known = [(signs, row) for signs, row in judged if signs is not None]
    signs = np.array([astuple(own) for own, _ in known])
    truth = np.array([row.label for _, row in known])
    wrong = [told.signs(*own) for own in misplaced(rows)]
    beside = np.array([astuple(own) for own in wrong if own is not None])
    prompts = np.array([row.prompt for _, row in known])
    folds = {prompt: i % FOLDS for i, prompt in enumerate(sorted(set(prompts), key=lambda p: (len(p), p)))}
    fold = np.array([folds[prompt] for prompt in prompts])
    found = np.zeros(len(truth), np.intp)
    for k in range(FOLDS):
        found[fold == k] = classes(signs[fold == k], fitted(signs[fold != k], truth[fold != k], beside))
    print(f"left out: accuracy {(found == truth).mean():.3f}, macro-F1 {macro_f1(truth, found):.3f}")
    numbers = fitted(signs, truth, beside)
    for name, slope in zip(Signs.__dataclass_fields__, numbers, strict=False):
        print(f"{name:<10}{slope:8.3f}")
    print(f"biases    {numbers[-2]:8.3f}{numbers[-1]:8.3f}")
    print(f"cuts      {score_cuts(numbers)}")


def fitted(signs: Floats, truth: npt.NDArray[np.intp], beside: Floats) -> Floats:
    """Return slopes by sign and the two biases, of the signs as they are; `beside` are not yet right."""
    x = np.concatenate([signs, beside])
    y = np.concatenate([truth, np.zeros(len(beside), np.intp)])
    mean, spread = x.mean(0), x.std(0)
    x = (x - mean) / spread
    counts = np.bincount(y, minlength=3)
    weight = ((len(y) / (3 * counts)) ** BALANCE)[y]

    def loss(numbers: Floats) -> tuple[float, Floats]:
        total, slope = PULL * float((numbers[:-2] ** 2).sum()), np.concatenate([2 * PULL * numbers[:-2], [0.0, 0.0]])
        for place, least in ((-2, PARTLY), (-1, RIGHT)):
            told = x @ numbers[:-2] + numbers[place]
            total += float((weight * np.logaddexp(0, np.where(y >= least, -told, told))).sum())
            error = weight * (1 / (1 + np.exp(-told)) - (y >= least))
            slope[:-2] += x.T @ error
            slope[place] += error.sum()
        return total, slope

    bounds = [(0, None) if up else (None, 0) for up in UPWARD] + [(None, None)] * 2
    best = minimize(loss, np.zeros(x.shape[1] + 2), jac=True, method="L-BFGS-B", bounds=bounds).x
    slopes = best[:-2] / spread
    return np.concatenate([slopes, best[-2:] - (slopes * mean).sum()])


def score_cuts(numbers: Floats) -> tuple[float, float]:
    """Return the scores from which partly, and right, is the likeliest of the three."""
    told = np.linspace(-20, 20, 40001)[:, None] + numbers[None, -2:]
    partly, right = (1 / (1 + np.exp(-told))).T
    likeliest = np.stack([1 - partly, partly - right, right]).argmax(0)
    score = (partly + right) / 2
    return round(float(score[likeliest >= PARTLY].min()), 3), round(float(score[likeliest == RIGHT].min()), 3)


def classes(signs: Floats, numbers: Floats) -> npt.NDArray[np.intp]:
    """Return the class of each answer under these numbers."""
    told = (signs @ numbers[:-2])[:, None] + numbers[-2:]
    return np.digitize((1 / (1 + np.exp(-told))).mean(1), score_cuts(numbers))


if __name__ == "__main__":
    main()
