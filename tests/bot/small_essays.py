"""What tests of essays share: an assignment whose scorer is trained on made-up texts with a tiny encoder."""

from pathlib import Path

from scored import ASKED, KEYS, scored
from tiny import bert

from bot.service import Tutor
from data import assignments, submissions
from data.assignments import Assignment
from data.store import Store
from data.submissions import Submission
from training.score_fit import fit

REFERENCE = " ".join(KEYS["p1"])
ESSAY = Assignment("ml", "p1", "First essay", ASKED, 4, REFERENCE, "essays", "p1", score_step=0.5)
GOOD, POOR = "ba de fi go bel dor fin gam", "bel dor fin say"


def publish(
    store: Store, folder: Path, name: str = "essays", prompts: tuple[str, ...] = ("p1", "p2"), seed: int = 0
) -> Path:
    """Fit a scorer, publish it, and return the models folder."""
    works = scored(prompts, each=40, seed=seed)
    fit(store, folder, name, str(bert(folder / "tiny")), works, "always")
    return folder


def asked(store: Store, assignment: Assignment = ESSAY) -> int:
    """Put the assignment into the store; return its key."""
    return store.write(assignments.put, assignment)


async def last(tutor: Tutor, person: str) -> Submission:
    """The text that a person handed in last."""
    return (await tutor.read(submissions.of_person, person))[0]
