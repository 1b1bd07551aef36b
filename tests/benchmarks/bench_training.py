"""How soon fine-tuning is as good as sentence-transformers makes it: the same base, texts, machine and evaluation.

FOLDER holds `kb.csv` (Q&A), `questions-train.csv` and `questions-test.csv` (question, course, expected_ids). Beside the
project's own requirements it takes `pip install sentence-transformers datasets`. Run:

    python tests/benchmarks/bench_training.py FOLDER [--full] [--bf16] [--course C] [--epochs N] [--json FILE]

The other side is SentenceTransformerTrainer with MultipleNegativesRankingLoss, everything at its defaults (batch 8,
3 epochs, 5e-5), with --bf16 in bfloat16. Each side learns from all training questions, and is measured after every
epoch on the test questions: hit@1 on those whose answer was learned, and MRR of all, by the cosine of question and
answer alone and as it serves, in this project's retrieval with what was learned as known wordings. A side's time is
what it takes to be as good as the other one is in the end, and for the other side that is its first epoch which is as
good as its last.
Ours runs the epochs of `fit answers` for so many questions, or `--epochs`; none is chosen by the test questions. It
counts embedding the answers that the quick mode trains against, which the bot has done before; and is measured as it
would serve without validation, half base and half tuned. Loading and measuring count for neither.

Seconds are of the clock and of the processor; where other programs run, set OMP_NUM_THREADS=1 and go by the latter.
Then the quick mode's steps in one process and in two that share each batch, a thread each, questions a second.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from data import importing
from data.labelled import confirm, read_labelled
from data.records import Entry, LabelledQuestion
from data.store import Store
from qa_model.answerer import assemble
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.block import Text, texts_of
from qa_model.encoder import Encoder
from qa_model.vectors import VectorCache, embed
from training.evaluation import ask_all
from training.examples import Example, gather
from training.learning import RATES, UNMEASURED
from training.loop import average, epochs_for, train
from training.modes import Mode, full, quick
from training.negatives import Guide
from training.processes import Team
from training.trained import Settings, State

WIDTH = (6, 10, 14, 12, 8, 20, 8)  # of the columns
BATCH, STEPS = 128, 3  # questions a batch and batches an epoch, of which scaling takes the time of all but the first


@dataclass(frozen=True)
class Course:
    """What is learned and asked."""

    known: tuple[Entry, ...]
    examples: tuple[Example, ...]
    test: tuple[LabelledQuestion, ...]


@dataclass(frozen=True)
class Point:
    """A side after an epoch: how long it took so far, by the clock and of the processor, and how good it is."""

    side: str
    epoch: int
    clock_s: float
    processor_s: float
    hit: float = 0.0
    mrr: float = 0.0
    served_hit: float = 0.0
    served_mrr: float = 0.0


class Watch:
    """Takes the time but for what is done while it is paused, and keeps the weights at each pause."""

    def __init__(self, side: str) -> None:
        self.side = side
        self.points: list[tuple[Point, State]] = []
        self._spent = np.zeros(2)
        self._since = _now()

    def lap(self, model: torch.nn.Module) -> None:
        """Keep time and weights after an epoch."""
        self._spent += _now() - self._since
        state = {name: value.detach().clone() for name, value in model.state_dict().items()}
        self.points.append((Point(self.side, len(self.points) + 1, *map(float, self._spent)), state))
        self._since = _now()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--bf16", action="store_true", help="the other side trains in bfloat16")
    parser.add_argument("--course")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--scale-only", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    course = read(arguments.folder, arguments.course)
    if arguments.scale_only:
        print(json.dumps(rate(course)))
        return
    learned, asked = len(course.examples), len(course.test)
    print(f"{machine()}\n{len(course.known)} entries, {learned} questions to learn, {asked} to ask", flush=True)
    modes: tuple[Mode, ...] = ("quick", "full") if arguments.full else ("quick",)
    watches = [ours(course, mode, arguments.epochs or epochs_for(len(course.examples))) for mode in modes]
    watches.append(theirs(course, bf16=arguments.bf16))
    columns = ("epoch", "clock, s", "processor, s", "hit@1 seen", "MRR", "served: hit@1 seen", "MRR")
    print(" " * 22 + "".join(f"{name:>{WIDTH[i]}}" for i, name in enumerate(columns)))
    points = measured(course, watches)
    found: dict[str, Any] = {"machine": machine(), "points": [asdict(point) for point in points]}
    found["ratios"] = [told for mode in modes for served in (False, True) if (told := ratio(points, mode, served))]
    found["scaling"] = scaling(arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


def read(folder: Path, course: str | None) -> Course:
    """Read the folder through a store, as a round does; of one course if it is given."""
    with tempfile.TemporaryDirectory() as scratch, Store(Path(scratch) / "tutor.db") as store:
        store.write(lambda db: importing.apply(db, importing.plan(db, folder / "kb.csv")))
        store.write(lambda db: confirm(db, read_labelled(db, folder / "questions-train.csv")))
        material, test = store.read(lambda db: (gather(db), read_labelled(db, folder / "questions-test.csv")))
    parts = [
        tuple(one for one in own if course in (None, one.course))
        for own in (material.entries, material.examples, [one for one in test if one.expected_ids])
    ]
    return Course(*parts)  # type: ignore[arg-type]  # each has its own type


def ours(course: Course, mode: Mode, epochs: int) -> Watch:
    """Train as `fit answers` does, with nothing held out."""
    encoder = Encoder.load(resolve(DEFAULT_BASE), training=True)
    frozen = Encoder.load(resolve(DEFAULT_BASE))
    watch = Watch(mode)
    task = task_of(course, mode, encoder, frozen)
    settings = Settings(lr=RATES[mode], epochs=epochs)
    train(
        encoder,
        course.examples,
        task.loss,
        lambda: 0.0,
        settings,
        lambda *_: watch.lap(encoder.model),
        grouped=task.grouped,
        lengths=task.lengths,
    )
    return watch


def task_of(course: Course, mode: Mode, encoder: Encoder, frozen: Encoder, team: Team | None = None) -> Any:  # noqa: ANN401
    """Return what `fit answers` trains on, embedded anew."""
    wanted: list[Text] = [texts_of(entry)[0] for entry in course.known]
    wanted += [("query", e.text) for e in course.examples]
    vectors = embed(frozen, wanted, VectorCache(None))
    guide = Guide(course.known, vectors)
    if mode == "full":
        return full(encoder, course.known, (), guide, team=team)
    return quick(encoder, course.known, (), vectors, guide, team=team)


def theirs(course: Course, *, bf16: bool) -> Watch:
    """Train with sentence-transformers at its defaults, in bfloat16 if asked for."""
    from datasets import Dataset
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.losses import MultipleNegativesRankingLoss
    from transformers import TrainerCallback

    text_of = {entry.key: texts_of(entry)[0][1] for entry in course.known}
    rows = [{"anchor": e.text, "positive": text_of[min(e.answers)]} for e in course.examples]
    model = SentenceTransformer(str(resolve(DEFAULT_BASE)), device="cuda" if torch.cuda.is_available() else "cpu")
    watches: list[Watch] = []

    class Laps(TrainerCallback):  # type: ignore[misc]  # the library has no types
        def on_train_begin(self, *_: object, **__: object) -> None:
            watches.append(Watch("sentence-transformers"))

        def on_epoch_end(self, *_: object, **__: object) -> None:
            watches[0].lap(model[0].auto_model)

    with tempfile.TemporaryDirectory() as scratch:
        arguments = SentenceTransformerTrainingArguments(
            scratch,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            bf16=bf16,
            use_cpu=not torch.cuda.is_available(),
        )
        loss = MultipleNegativesRankingLoss(model)
        trainer = SentenceTransformerTrainer(model, arguments, Dataset.from_list(rows), loss=loss, callbacks=[Laps()])
        trainer.train()
    return watches[0]


def measured(course: Course, watches: Sequence[Watch]) -> list[Point]:
    """Measure every epoch of every side; print and return them."""
    encoder = Encoder.load(resolve(DEFAULT_BASE), training=True)
    base = {name: value.clone() for name, value in encoder.model.state_dict().items()}
    points = [scored(course, encoder, Point("base", 0, 0.0, 0.0))]
    for watch in watches:
        for point, state in watch.points:
            served = state if watch.side == "sentence-transformers" else average(state, base, UNMEASURED)
            encoder.model.load_state_dict(served)
            points.append(scored(course, encoder, point))
    return points


def scored(course: Course, encoder: Encoder, point: Point) -> Point:
    """Measure each question in its own course, by the cosine alone and as it serves; print it."""
    passages = encoder.encode([texts_of(entry)[0][1] for entry in course.known], "passage")
    questions = encoder.encode([one.text for one in course.test], "query")
    rows: dict[str, list[int]] = defaultdict(list)
    for i, entry in enumerate(course.known):
        rows[entry.course].append(i)
    key_of = {(entry.course, entry.id): i for i, entry in enumerate(course.known)}
    learned = {key for e in course.examples for key in e.answers}
    answerer = assemble(course.known, encoder, VectorCache(None))
    served = [o.rank for o in ask_all(answerer, course.test)]  # from 0; None: not found
    hits, ranks, served_hits = [], [], []
    for one, vector, place in zip(course.test, questions, served, strict=True):
        right = [key_of[one.course, name] for name in one.expected_ids]
        cosines = passages[rows[one.course]] @ vector
        ranks.append(1 + int((cosines > max(float(passages[i] @ vector) for i in right) + 1e-6).sum()))
        if any(course.known[i].key in learned for i in right):
            hits.append(ranks[-1] == 1)
            served_hits.append(place == 0)
    found = replace(
        point,
        hit=statistics.fmean(hits),
        mrr=float(np.mean(1 / np.array(ranks))),
        served_hit=statistics.fmean(served_hits),
        served_mrr=statistics.fmean(0.0 if place is None else 1 / (place + 1) for place in served),
    )
    cells = [f"{found.epoch}", f"{found.clock_s:.1f}", f"{found.processor_s:.1f}"]
    cells += [f"{value:.4f}" for value in (found.hit, found.mrr, found.served_hit, found.served_mrr)]
    print(f"{found.side:<22}" + "".join(f"{cell:>{WIDTH[i]}}" for i, cell in enumerate(cells)), flush=True)
    return found


def ratio(points: Sequence[Point], mode: Mode, served: bool) -> dict[str, Any] | None:
    """Print and return how much sooner ours is as good as theirs is in the end."""
    how = "as served" if served else "by the cosine alone"
    name = f"MRR {how}" if mode == "full" else f"hit@1 on seen answers {how}"

    def value(point: Point) -> float:
        if served:
            return point.served_mrr if mode == "full" else point.served_hit
        return point.mrr if mode == "full" else point.hit

    other = [p for p in points if p.side == "sentence-transformers"]
    goal = value(other[-1])
    first_other = next(p for p in other if value(p) >= goal)
    first = next((p for p in points if p.side == mode and value(p) >= goal), None)
    if first is None:
        best = max(value(p) for p in points if p.side == mode)
        print(f"{mode}: {name} {best:.4f} at most, sentence-transformers {goal:.4f}: not reached")
        return None
    clock, processor = first_other.clock_s / first.clock_s, first_other.processor_s / first.processor_s
    print(
        f"{mode}: {name} {value(first):.4f} after epoch {first.epoch}, sentence-transformers {goal:.4f} after epoch "
        f"{first_other.epoch}: {clock:.1f} times faster by the clock, {processor:.1f} times by the processor"
    )
    return {"mode": mode, "served": served, "goal": goal, "clock": clock, "processor": processor}


def rate(course: Course) -> float:
    """Return the questions a second of quick steps of the team; 0 from all but the main process."""
    team, known, base = Team.start(), course.known[:100], resolve(DEFAULT_BASE)
    encoder, keys = Encoder.load(base, training=True), {entry.key for entry in known}
    vectors = embed(Encoder.load(base), [texts_of(entry)[0] for entry in known], VectorCache(None))
    examples = [e for e in course.examples if e.answers <= keys][:BATCH]
    task = quick(encoder, known, (), vectors, team=team)
    ends: list[float] = []
    train(
        encoder,
        examples * STEPS,
        task.loss,
        lambda: 0.0,
        Settings(epochs=4, batch_size=len(examples)),
        lambda *_: ends.append(time.perf_counter()),
        lengths=task.lengths,
        team=team,
    )
    return len(examples) * STEPS * (len(ends) - 1) / (ends[-1] - ends[0]) if team.main else 0.0


def scaling(arguments: argparse.Namespace) -> dict[str, float]:
    """Print and return the rate of one process and of two, a thread each."""
    own = [str(Path(__file__)), str(arguments.folder), "--scale-only"]
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"]
    launch += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "29621"]
    rates = {}
    for count, command in (("1", own), ("2", [*launch, *own])):
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run([sys.executable, *command], capture_output=True, text=True, env=environment)
        lines = [float(line) for line in done.stdout.splitlines() if line.replace(".", "", 1).isdigit()]
        rates[count] = max(lines, default=0.0)
    print(
        f"quick steps: {rates['1']:.1f} questions a second in one process, {rates['2']:.1f} in two: "
        f"{rates['2'] / max(rates['1'], 1e-9):.2f} times"
    )
    return rates


def machine() -> str:
    """Describe the machine in a line."""
    told = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    name = told[0].split(":")[1].strip() if told else platform.processor()
    return f"{name}, {os.cpu_count()} cores, {torch.get_num_threads()} threads used, torch {torch.__version__}"


def _now() -> Any:  # noqa: ANN401  # (clock, processor)
    return np.array([time.perf_counter(), time.process_time()])


if __name__ == "__main__":
    main()
