"""Before a teacher saves: which of the last questions would get another answer, and nothing is written."""

from dataclasses import replace
from pathlib import Path

import pytest
import tiny
from sqlite_utils import Database

from data import importing, log
from data.entries import entries, retire, retired
from data.importing import Plan
from data.records import Answer, Entry, Question
from data.store import Store
from qa_model.answerer import assemble
from qa_model.encoder import Encoder
from qa_model.fusion import Policies, Policy
from qa_model.replay import Change, Outcome, Replay, applied, replay, replay_import
from qa_model.vectors import VectorCache

KNOWN = tiny.topics(roots=("ba", "de", "fi"), wordings=2)
NEW = Entry("tiny", "go", "goa question", "goo goe")
ALWAYS = Policies(Policy(answer_at=0.0))  # every decision is "answer": only the top entry can change


@pytest.fixture(scope="module")
def cache() -> VectorCache:
    return VectorCache(None)


def plan(**parts: tuple[Entry, ...]) -> Plan:
    whole: dict[str, tuple[Entry, ...]] = {"added": (), "changed": (), "retired": ()} | parts
    return Plan(**whole, left=0, titles={}, notes=())


def ids(change: Change) -> tuple[str | None, str | None]:
    before, after = change.before.entry, change.after.entry
    return before.id if before else None, after.id if after else None


def ask(store: Store, *texts: str, course: str | None = "tiny", lang: str = "") -> None:
    for text in texts:
        store.write(log.record_question, Question(text, course, lang), Answer("abstain", 0.0))


def written(store: Store, file: Path, *known: Entry) -> Path:
    """Write the entries as a file to import."""
    lines = ["course,id,question,answer,alternates,expires_on"]
    lines += [f"{e.course},{e.id},{e.question},{e.answer},{'|'.join(e.alternates)},{e.expires_on}" for e in known]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_a_plan_in_memory_is_what_the_import_makes_of_the_store(store: Store, tmp_path: Path) -> None:
    _, _, fi, _ = tiny.fill(store, [*KNOWN, Entry("another", "ba", "baa", "x")])
    for text, course_id in (("my ba", "ba"), ("my de", "de"), ("my fi", "fi")):
        tiny.confirmed(store, text, "tiny", course_id)
    store.write(retire, [fi.key])
    mended = replace(KNOWN[0], answer="mended", alternates=("other",))
    back = replace(KNOWN[2], answer="back")  # retired above; its confirmed wordings come back with it
    file = written(store, tmp_path / "new.csv", mended, back, NEW, Entry("zz", "new", "a course", "of its own"))

    def both(db: Database) -> tuple[Plan, list[Entry]]:
        made = importing.plan(db, file, replace_all=True)
        return made, applied(entries(db, live=False), made, retired(db))

    made, then = store.read(both)
    assert [e.id for e in made.retired] == ["de"]
    store.write(importing.apply, made)
    after = store.read(entries, live=False)
    assert [replace(e, key=0) for e in then] == [replace(e, key=0) for e in after]
    assert next(e for e in then if e.id == "fi").confirmed == ("my fi",)


def test_an_empty_plan_changes_nothing(encoder: Encoder, cache: VectorCache) -> None:
    assert applied(KNOWN, plan()) == KNOWN
    questions = [Question(e.question, "tiny") for e in KNOWN]
    assert replay(KNOWN, KNOWN, questions, encoder, cache) == Replay(3, ())


def test_only_questions_whose_answer_changes_are_told_in_their_order(encoder: Encoder, cache: VectorCache) -> None:
    then = applied(KNOWN, plan(added=(NEW,), retired=(KNOWN[1],)))
    texts = ("goa question", "baa question", "dea question", "fia question")
    found = replay(KNOWN, then, [Question(t, "tiny") for t in texts], encoder, cache, policies=ALWAYS)
    assert found.asked == 4
    assert [(c.question, c.course) for c in found.changed] == [("goa question", "tiny"), ("dea question", "tiny")]
    assert ids(found.changed[0])[1] == "go" and ids(found.changed[1])[0] == "de"


def test_both_sides_are_what_the_answerer_says(encoder: Encoder, cache: VectorCache) -> None:
    then = applied(KNOWN, plan(added=(NEW,)))
    questions = [Question(f"{root}a question", "tiny") for root in tiny.ROOTS]
    found = replay(KNOWN, then, questions, encoder, cache)
    expected = []
    sides = [assemble(known, encoder, cache).answer(questions) for known in (KNOWN, then)]
    for question, *answers in zip(questions, *sides, strict=True):
        tops = [(a.decision, a.candidates[0].entry.id if a.decision != "abstain" else None) for a in answers]
        if tops[0] != tops[1]:
            expected.append((question.text, *tops))
    assert expected
    pairs = [(c.question, (c.before.decision, ids(c)[0]), (c.after.decision, ids(c)[1])) for c in found.changed]
    assert pairs == expected


def test_another_decision_about_the_same_entry_is_a_change(encoder: Encoder, cache: VectorCache) -> None:
    taught = replace(KNOWN[0], alternates=(*KNOWN[0].alternates, "nothing like it"))
    then = applied(KNOWN, plan(changed=(taught,)))
    sure = Policies(Policy(answer_at=0.99))  # only a known wording is, whatever the tiny encoder takes for alike
    (change,) = replay(KNOWN, then, [Question("nothing like it", "tiny")], encoder, cache, policies=sure).changed
    assert change.before.decision != "answer"
    assert change.after == Outcome("answer", taught)


def test_what_is_not_shown_is_not_missed(encoder: Encoder, cache: VectorCache) -> None:
    never = Policies(Policy(answer_at=2.0, suggest_at=2.0))
    then = applied(KNOWN, plan(retired=(KNOWN[0],)))
    assert replay(KNOWN, then, [Question("baa question", "tiny")], encoder, cache, policies=never) == Replay(1, ())


def test_a_mended_answer_is_the_same_answer(encoder: Encoder, cache: VectorCache) -> None:
    then = applied(KNOWN, plan(changed=(replace(KNOWN[0], section="Basics"),)))
    assert replay(KNOWN, then, [Question("baa question", "tiny")], encoder, cache).changed == ()


def test_expired_entries_answer_nothing_and_a_later_date_brings_them_back(encoder: Encoder, cache: VectorCache) -> None:
    old = replace(KNOWN[0], expires_on="2001-01-01")
    now = [old, *KNOWN[1:]]
    then = applied(now, plan(changed=(replace(old, expires_on=""),)))
    (change,) = replay(now, then, [Question("baa question", "tiny")], encoder, cache).changed
    assert ids(change)[0] != "ba" and ids(change)[1] == "ba"


def test_all_entries_may_go_or_come(encoder: Encoder, cache: VectorCache) -> None:
    questions = [Question("baa question", None)]
    gone = replay(KNOWN, [], questions, encoder, cache).changed
    assert [(c.course, ids(c), c.after.decision) for c in gone] == [(None, ("ba", None), "abstain")]
    come = replay([], KNOWN, questions, encoder, cache).changed
    assert [ids(c) for c in come] == [(None, "ba")]


def test_the_same_id_in_another_course_is_another_answer(encoder: Encoder, cache: VectorCache) -> None:
    elsewhere = replace(KNOWN[0], course="elsewhere")
    (change,) = replay([KNOWN[0]], [elsewhere], [Question("baa question", None)], encoder, cache).changed
    assert change.before.seen[1:] == ("tiny", "ba")
    assert change.after.seen[1:] == ("elsewhere", "ba")


def test_more_questions_than_a_batch_keep_their_order(encoder: Encoder, cache: VectorCache) -> None:
    questions = [Question(f"goa question {i}", "tiny") for i in range(300)]
    found = replay(KNOWN, [NEW], questions, encoder, cache, policies=ALWAYS)
    assert [c.question for c in found.changed] == [q.text for q in questions]


def test_an_import_is_replayed_over_what_serves_and_nothing_is_written(store: Store, tmp_path: Path) -> None:
    tiny.fill(store, KNOWN)
    ask(store, "baa question", "goa question")
    before = {table: list(store.read(lambda db, t=table: db[t].rows)) for table in ("entries", "questions", "settings")}
    file = written(store, tmp_path / "new.csv", NEW)
    found = replay_import(store, tmp_path / "models", file, last=1)
    assert found.asked == 1
    assert [(c.question, c.after.entry and c.after.entry.id) for c in found.changed] == [("goa question", "go")]
    found = replay_import(store, tmp_path / "models", file, replace_all=True)
    assert {c.question for c in found.changed} == {"goa question", "baa question"}
    after = {table: list(store.read(lambda db, t=table: db[t].rows)) for table in before}
    assert after == before


def test_without_questions_no_model_is_needed(store: Store, tmp_path: Path) -> None:
    tiny.fill(store, KNOWN)
    tiny.confirmed(store, "from a file", "tiny", "ba")
    file = written(store, tmp_path / "new.csv", NEW)
    assert replay_import(store, tmp_path / "models", file) == Replay(0, ())
    assert not (tmp_path / "models").exists()
