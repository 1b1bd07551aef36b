"""The sample course, in English and Chinese: transfer learning, fine-tuning, and how this course is run.

Files read: fine-tuning.csv, fine-tuning-zh.csv (entries); resources.csv (learning resources); assignments.csv (what
students write on; no scorer is shipped). For measuring:
questions-learn.csv, questions-test.csv (student questions with their entries); resource-questions-dev.csv,
resource-questions-test.csv (student questions with the resources that a teacher would give).
"""

from importlib import resources
from pathlib import Path

from sqlite_utils import Database

from data import assignment_files, importing, resource_files
from data.entries import add_course

TITLES = {"fine-tuning": "Fine-tuning pretrained models", "fine-tuning-zh": "预训练模型微调"}


def path(name: str) -> Path:
    """Return where a file of the sample lies."""
    return Path(str(resources.files("data.sample") / name))


def load(db: Database) -> dict[str, int]:
    """Load both sample courses with all that belongs to them; safe to repeat. Return the entries of each."""
    loaded = {}
    for course, title in TITLES.items():
        plan = importing.plan(db, path(f"{course}.csv"))
        importing.apply(db, plan)
        add_course(db, course, title)
        loaded[course] = len(plan.added) + len(plan.changed) + plan.left
    resource_files.apply(db, resource_files.plan(db, path("resources.csv")))
    assignment_files.apply(db, assignment_files.plan(db, path("assignments.csv")))
    return loaded
