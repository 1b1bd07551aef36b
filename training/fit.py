"""One round: gather, split, learn, calibrate, measure through production retrieval, write a bundle, publish it."""

import shutil
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from data.budgets import Change, changed, check, in_force, kept, set_budget
from data.entries import entries
from data.errors import Refused
from data.privacy import learners, note_learned
from data.protection import protected
from data.records import Entry
from data.store import Store
from qa_model import bundle
from qa_model.answerer import Answerer, assemble, open_cache
from qa_model.backends import check_course
from qa_model.base import resolve
from qa_model.block import texts_of
from qa_model.bundle import policies_record
from qa_model.encoder import Encoder
from qa_model.vectors import VectorCache
from training.ablation import ablation, outcomes
from training.calibration import Asked, ask, ask_doubts
from training.checkpoints import FILE, Checkpoint
from training.comparison import Answers, HeldOut, ask_held, compared, held_out
from training.evaluation import ask_all
from training.examples import Material, gather, trusted
from training.learning import Learned, Recipe, Track, learn
from training.loop import Report
from training.measures import Outcome
from training.policies import Calibrated, calibrate
from training.processes import Team
from training.splits import MIN_ANSWERS, Split, split
from training.verdict import Verdict, verdict
from training.versions import Publish, settle

WORST = 30  # questions that a record keeps


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a round gave: the new version, whether it serves now and why, and its record."""

    version: str
    published: bool
    reason: str
    record: dict[str, Any]

    def told(self) -> dict[str, Any]:
        """Return all of it as one JSON object."""
        return {"version": self.version, "published": self.published, "reason": self.reason, **self.record}


def fit_answers(
    store: Store,
    models: Path,
    recipe: Recipe,
    publish: Publish,
    report: Report,
    progress: Track | None = None,
    change: Change | None = None,
    resume: bool = False,
    team: Team | None = None,
) -> Fitted:
    """Run a round on everything in the store and write its bundle; a change of a budget is kept once that is done.

    The main process of a team calls it, the others help_to_learn. Raises Refused if there is nothing to learn from or
    to resume, TutorError if the budget cannot be set, ModelError if the base
    cannot be loaded or the bundle written.
    """
    material, tests, persons = store.read(lambda db: (gather(db), protected(db), learners(db)))
    budgets = store.read(_budgets, material, change)
    parts = split(material.examples)
    _check(material, parts)
    cache = open_cache(models)
    try:
        held, team = held_out(material, parts, tests), team or Team()
        checkpoint = Checkpoint(models / FILE, _made_from(material, recipe, team), resume)
        checkpoint.read()  # one that does not fit is refused before the others of the team begin
        run = _Round(models, recipe, material, parts, held, cache, report, progress, team, checkpoint)
        version, decided, record = run.write(budgets)
        store.write(note_learned, version, persons)
        # What the bot will need, embedded now, so that it swaps at once.
        assemble(store.read(entries), Encoder.load(models / "answers" / version), cache, progress=progress)
        checkpoint.remove()
    finally:
        cache.close()
    if change is not None:
        store.write(set_budget, change)
    return Fitted(version, *settle(store, models, version, publish, decided, record["metrics"]), record)


@dataclass(frozen=True, slots=True)
class _Round:
    """What a round works with."""

    models: Path
    recipe: Recipe
    material: Material
    parts: Split
    held: HeldOut
    cache: VectorCache
    report: Report
    progress: Track | None
    team: Team
    checkpoint: Checkpoint

    def write(self, budgets: dict[str, float]) -> tuple[str, Verdict, dict[str, Any]]:
        """Learn, calibrate, compare with what serves, write the bundle; return its version, the verdict, its record."""
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="fit-") as scratch:
            folder = Path(scratch) / "encoder"
            learned = self._learn(folder)
            backend = check_course(folder, _read(self.held.entries), [q.text for q in self.held.questions])
            serving = bundle.serving(self.models)
            before = ask_held(serving, self.held, self.cache, self.progress)
            answerer = assemble(self.held.entries, Encoder.load(folder), self.cache, progress=self.progress)
            calibrated, after, signals = _calibrate(answerer, self.material, self.held, budgets)
            found = compared(before, after)
            record = {
                "kind": "answers",
                "parent": serving.version,
                "base": self.recipe.base,
                "policy": policies_record(calibrated.policies),
                "data": {"fingerprint": self.material.fingerprint, "examples": len(self.material.examples)},
                "training": _training_record(self.recipe, self.parts, learned, time.monotonic() - started),
                "calibration": calibrated.record,
                "ablation": signals,
                "backend": asdict(backend),
                "worst": _worst(after),
                **found.record(),
            }
            return bundle.write(self.models, lambda draft: _copy(folder, draft), record), verdict(found), record

    def _learn(self, folder: Path) -> Learned:
        parts, known = self.parts, self.held.entries
        shown, together = (self.report, self.progress), (self.team, self.checkpoint)
        return learn(known, parts.train, parts.validation, self.recipe, self.cache, folder, *shown, *together)


def _read(known: tuple[Entry, ...]) -> list[str]:
    return [words for entry in known for kind, words in texts_of(entry) if kind == "passage"]


def _made_from(material: Material, recipe: Recipe, team: Team) -> dict[str, str]:
    """Return what a checkpoint can be resumed with alone."""
    base = Encoder.load(resolve(recipe.base)).hash
    return {"data": material.fingerprint, "settings": repr(recipe), "base": base, "processes": str(team.count)}


def _budgets(db: Database, material: Material, change: Change | None) -> dict[str, float]:
    budgets = kept(db)
    if change is not None:
        check(db, change)
        budgets = changed(budgets, change)
    return {course: in_force(budgets, course) for course in {entry.course for entry in material.entries}}


def _check(material: Material, parts: Split) -> None:
    if len(parts.learned) < MIN_ANSWERS:
        found = f"{len(material.entries)} entries, {len(material.examples)} wordings with a known answer"
        wanted = f"it takes wordings of {MIN_ANSWERS} answers or more"
        advice = "add alternates, run `python -m data import-questions FILE`, or wait for reactions"
        raise Refused([f"nothing to learn from: {found}; {wanted}: {advice}"])


def ask_apart(answerer: Answerer, material: Material, held: HeldOut) -> list[Asked]:
    """Ask all that the encoder did not learn from, then what students doubted, by how much each counts in calibration.

    Unseen answers do not count, so that they stay untouched; nor do a teacher's alternates.
    """
    trust, apart = trusted(material), {*held.unseen}
    weights = [0.0 if q in apart else trust.get((q.course, q.text), 0.0) for q in held.questions]
    return [*ask(answerer, held.questions, weights), *ask_doubts(answerer, material.doubts)]


def _calibrate(
    answerer: Answerer, material: Material, held: HeldOut, budgets: dict[str, float]
) -> tuple[Calibrated, Answers, list[dict[str, Any]]]:
    """Fit the policies on new wordings.

    Return them, the answers of policies that did not see the question, and what each signal is worth there.
    """
    asked = ask_apart(answerer, material, held)
    calibrated = calibrate(asked, Counter(course for course, _ in trusted(material)), budgets)
    new, both = len(held.new), len(held.new) + len(held.unseen)
    told = tuple(outcomes(asked[:both], calibrated.unseen[:both]))
    final = Answerer(answerer.encoder, answerer.library, calibrated.policies, answerer.model, answerer.cache)
    answers = Answers(told[:new], told[new:], tuple(ask_all(final, held.protected)))
    return calibrated, answers, ablation(asked[:both], calibrated.policies)


def _worst(after: Answers) -> list[dict[str, Any]]:
    """Return the wrong answers to held-out questions, the most confident first."""
    wrong = sorted((o for o in (*after.new, *after.unseen) if not o.right), key=lambda o: -o.answer.confidence)
    return [_wrong(outcome) for outcome in wrong[:WORST]]


def _wrong(outcome: Outcome) -> dict[str, Any]:
    question = outcome.question
    told = {"question": question.text, "course": question.course, "expected_ids": list(question.expected_ids)}
    return {**told, "top": outcome.top, "probability": outcome.answer.confidence, "rank": outcome.rank}


def _training_record(recipe: Recipe, parts: Split, learned: Learned, seconds: float) -> dict[str, Any]:
    return {
        "mode": recipe.mode,
        "lr": recipe.settings.lr,
        "batch_size": recipe.settings.batch_size,
        "seed": recipe.settings.seed,
        "average": learned.average,
        "averages": {f"{weight:g}": mrr for weight, mrr in learned.tried.items()},
        "examples": {name: len(getattr(parts, name)) for name in ("train", "validation", "new", "unseen")},
        "losses": list(learned.losses),
        "scores": list(learned.scores),
        "best_epoch": learned.epoch,
        "validation_mrr": learned.score,
        "seconds": round(seconds, 1),
        "speed": learned.speed,
    }


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True)
