"""What a labels model of each course saves and costs as a gate: choices for off-topic texts, and for students' own.

FOLDER holds a course FAQ as bench_answers.py takes it; OUTSIDE is a file with a column `text` of what is none of the
courses'. Run:

    python tests/benchmarks/bench_scope.py FOLDER OUTSIDE [--partial] [--recipe frozen] [--rows 300] [--told 0]

The first ROWS texts of OUTSIDE are asked, the courses by turns; the last TOLD are rows labelled `oos` for every labels
model. Answers are untrained, with the train questions confirmed. Prints, without the gate and with it: the share of
student questions that are answered, how many of these answers are right, the share that is answered rightly or finds
the right one among the choices, the share that gets neither; then how many texts of OUTSIDE are answered and how many
get choices.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.asking import CHOICES
from data import importing
from data.labelled import confirm, read_labelled
from data.records import OOS, Answer, LabelledQuestion, Question
from data.store import Store
from data.tables import read_table
from data.topic_rows import rows
from qa_model.answerer import load_answerer
from qa_model.course_labels import CourseLabels
from qa_model.scope_gate import gate
from training.label_fit import fit_labels
from training.label_learning import USUAL, Name, Recipe
from training.label_rows import Rows

NAMES: tuple[Name, ...] = ("classic", "frozen", "tuned", "few")


@dataclass
class Tally:
    """What came of the questions that were asked."""

    inside: list[tuple[LabelledQuestion, Answer]] = field(default_factory=list)
    outside: list[Answer] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the measures in a line."""
        answers = [(asked, answer) for asked, answer in self.inside if answer.decision == "answer"]
        right = sum(_found(asked, answer, 1) for asked, answer in answers)
        answerable = [(asked, answer) for asked, answer in self.inside if asked.expected_ids]
        depth = {"answer": 1, "suggest": CHOICES, "abstain": 0}
        served = sum(_found(asked, answer, depth[answer.decision]) for asked, answer in answerable)
        neither = sum(answer.decision == "abstain" for _, answer in self.inside)
        told = [
            f"answered {len(answers) / len(self.inside):.3f}, of these right {right / max(len(answers), 1):.3f}",
            f"right or among the choices {served / max(len(answerable), 1):.3f}",
            f"neither {neither / len(self.inside):.3f}",
        ]
        counts = [sum(answer.decision == name for answer in self.outside) for name in ("answer", "suggest")]
        off = f"off-topic: {counts[0]} answered, {counts[1]} with choices, of {len(self.outside)}"
        return "; ".join([*told, off])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("outside", type=Path)
    parser.add_argument("--partial", action="store_true")
    parser.add_argument("--recipe", choices=NAMES, default="frozen")
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--told", type=int, default=0)
    arguments = parser.parse_args()
    ending = "-partial.csv" if arguments.partial else ".csv"
    kb, learn, test = (arguments.folder / f"{name}{ending}" for name in ("kb", "questions-train", "questions-test"))
    outside = [row["text"] for row in read_table(arguments.outside, required=("text",)).rows]
    told = outside[len(outside) - arguments.told :]
    with tempfile.TemporaryDirectory() as scratch, Store(Path(scratch) / "tutor.db") as store:
        models = Path(scratch) / "models"
        store.write(lambda db: importing.apply(db, importing.plan(db, kb)))
        store.write(confirm, store.read(read_labelled, learn))
        questions = store.read(read_labelled, test)
        courses = sorted({question.course for question in questions})
        for course in courses:
            fit(store, models, course, told, arguments.recipe)
        without, gated = asked(store, models, questions, outside[: arguments.rows], courses)
    print(f"without: {without}\nwith:    {gated}")


def fit(store: Store, models: Path, course: str, told: Sequence[str], name: Name) -> None:
    """Fit and publish the labels model of a course as `export labels` and `fit labels` do."""
    pairs = [(row["text"], row["label"]) for row in store.read(lambda db: list(rows(db, course)))]
    inside = [(text, label) for text, label in pairs if label != OOS]
    apart = (*(text for text, label in pairs if label == OOS), *told)
    which = Rows(tuple(text for text, _ in inside), tuple(label for _, label in inside), apart)
    fitted = fit_labels(store, models, course, which, Recipe(name, settings=USUAL[name]), "always", lambda *_: None)
    print(f"{course}: {fitted.reason}")


def asked(
    store: Store, models: Path, questions: Sequence[LabelledQuestion], outside: Sequence[str], courses: Sequence[str]
) -> tuple[Tally, Tally]:
    """Ask everything; return what came of it without the gate and with it."""
    answerer, labels = load_answerer(store, models), CourseLabels(models)
    off = [Question(text, courses[i % len(courses)]) for i, text in enumerate(outside)]
    every = [*(Question(question.text, question.course) for question in questions), *off]
    answers = answerer.answer(every)
    found = []
    for kept in (answers, gate(labels, every, answers, answerer.encoder)):
        found.append(Tally(list(zip(questions, kept, strict=False)), kept[len(questions) :]))
    return found[0], found[1]


def _found(question: LabelledQuestion, answer: Answer, depth: int) -> bool:
    return any(candidate.entry.id in question.expected_ids for candidate in answer.candidates[:depth])


if __name__ == "__main__":
    main()
