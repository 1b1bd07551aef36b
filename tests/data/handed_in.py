"""An assignment, and a student who hands in a text for it."""

from data import assignments, people, submissions
from data.assignments import Assignment
from data.entries import add_course
from data.store import Store
from data.submissions import Estimated, Submission

ANN, BOB, TEACHER, COLLEAGUE = "a" * 32, "b" * 32, "c" * 32, "d" * 32
TEXT = "I think that a pretrained model knows words already, says Anna Schmidt."
ASKED = Assignment("c", "why", "Why?", "Why is it so?", 4, "Because.", "essays", "why-1", score_step=0.5)
SURE = Estimated("essays 0001", 3.1, 2.8, 3.4, nearest=((3.0, 0.9),))
UNSURE = Estimated("essays 0001", 2.0, 0.5, 3.5, nearest=((1.0, 0.4),))
REFUSED = Estimated("essays 0001", 0.0, 0.0, 0.0, ("too short",))


def asked(store: Store, assignment: Assignment = ASKED) -> Assignment:
    """Put the assignment and everybody into the store."""

    def work(db: submissions.Database) -> Assignment:
        add_course(db, assignment.course, "Course")
        for person in (ANN, BOB, TEACHER, COLLEAGUE):
            people.meet(db, person, lang="en")
        found = assignments.assignment_of(db, assignments.put(db, assignment))
        assert found is not None
        return found

    return store.write(work)


def hand_in(
    store: Store,
    assignment: Assignment,
    person: str = ANN,
    text: str = TEXT,
    estimate: Estimated | None = SURE,
    ref: str | None = None,
) -> Submission:
    """Hand in a text and return it."""
    number = store.write(submissions.hand_in, person, assignment, text, estimate, ref)
    assert number is not None
    found = store.read(submissions.find, number)
    assert found is not None
    return found
