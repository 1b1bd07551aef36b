"""Import takes a file whole or not at all, and says for each row why not."""

import re
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from data import importing
from data.entries import Course, courses, entries, revision
from data.errors import Refused
from data.importing import COURSE_ID, course_id, entry_id
from data.records import Entry
from data.schema import migrate
from data.store import Store

HEADER = "course,id,question,answer\n"


def load(store: Store, text: str, *, course: str | None = None, replace: bool = False) -> importing.Plan:
    plan = plan_of(store, text, course=course, replace=replace)
    store.write(importing.apply, plan)
    return plan


def plan_of(store: Store, text: str, *, course: str | None = None, replace: bool = False) -> importing.Plan:
    path = store.path.with_name("qa.csv")
    path.write_text(text, encoding="utf-8")
    return store.read(importing.plan, path, course=course, replace_all=replace)


def reasons(store: Store, text: str, *, course: str | None = None) -> list[str]:
    before = content(store)
    with pytest.raises(Refused) as caught:
        load(store, text, course=course)
    assert content(store) == before
    return [reason.partition("qa.csv: ")[2] for reason in caught.value.reasons]


def content(store: Store) -> tuple[list[Entry], list[Course]]:
    return store.read(entries, live=False), store.read(courses)


def by_id(store: Store) -> dict[str, Entry]:
    return {f"{e.course}/{e.id}": e for e in store.read(entries, live=False)}


def test_an_import_adds_every_column(store: Store) -> None:
    text = (
        "lang,expires_on,tags,source_url,alternates,section,answer,question,id,course\n"
        'en,2999-12-31,a b,https://x.org/y,One? | Two?||One?,Basics,"*A*,\nlong",Q?,q1,c\n'
    )
    load(store, text)
    assert store.read(entries) == [
        Entry(
            course="c",
            id="q1",
            question="Q?",
            answer="*A*,\nlong",
            section="Basics",
            alternates=("One?", "Two?"),
            source_url="https://x.org/y",
            tags="a b",
            lang="en",
            expires_on="2999-12-31",
            key=1,
        )
    ]


def test_a_known_id_is_overwritten_whole_and_keeps_its_key(store: Store) -> None:
    load(store, "course,id,question,answer,alternates,tags\nc,a,Old?,Old.,Alt?,t\nc,b,Q?,A.,,\n")
    key = by_id(store)["c/a"].key
    plan = load(store, HEADER + "c,a,New?,New.\nc,b,Q?,A.\n")
    assert ([e.id for e in plan.added], [e.id for e in plan.changed], plan.left) == ([], ["a"], 1)
    assert by_id(store)["c/a"] == Entry("c", "a", "New?", "New.", key=key)


def test_the_same_id_in_two_courses_is_two_entries(store: Store) -> None:
    load(store, HEADER + "c,a,Q?,A.\nd,a,Q?,B.\n")
    assert {name: e.answer for name, e in by_id(store).items()} == {"c/a": "A.", "d/a": "B."}


def test_a_refused_row_leaves_the_store_unchanged(store: Store) -> None:
    load(store, HEADER + "c,a,Q?,A.\n")
    found = reasons(store, HEADER + "c,a,Changed?,A.\nnew course,b,Q2?,A.\nc,d,,A.\n")
    assert found == ["line 4: the question is empty"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("c,a,,A.,,,", "the question is empty"),
        ("c,a,Q?, ,,,", "the answer is empty"),
        (",a,Q?,A.,,,", "the course is empty; fill the cell, or name one for all rows with --course"),
        ("c,a|b,Q?,A.,,,", "the id must be up to 200 printable characters without '|', not 'a|b'"),
        (f"c,{'x' * 201},Q?,A.,,,", "the id must be up to 200 printable characters"),
        ('c,"a\nb",Q?,A.,,,', "the id must be up to 200 printable characters"),
        ("c,a,Q?,A.,English,,", "lang must be a code such as en or zh, not 'English'"),
        ("c,a,Q?,A.,,javascript:x,", "source_url must begin with https:// or http://, not 'javascript:x'"),
        ("c,a,Q?,A.,,,31.12.2026", "expires_on must be a date such as 2026-12-01, not '31.12.2026'"),
        ("c,a,Q?,A.,,,20261231", "expires_on must be written 2026-12-31, not '20261231'"),
        ("c,a,Q?,A.,,,2026-02-30", "expires_on must be a date such as 2026-12-01"),
        ("c,a,Q?,A.,,,,", "8 cells where the header has 7"),
        (f"c,a,Q?,{'x' * 32_768},,,", "answer is longer than the 32,767 characters a cell may hold"),
        ("c,ok,Q3?,B.,,,", "the id stands already in line 2, with other content"),
        ("c,,q0?,B.,,,", "the question stands already in line 2, with other content"),
    ],
)
def test_a_row_is_refused_with_its_reason_and_the_line_on_which_it_begins(store: Store, row: str, reason: str) -> None:
    header = "course,id,question,answer,lang,source_url,expires_on\n"
    good = 'c,ok,Q0?,"two\nlines",,,\n'
    (found,) = reasons(store, f"{header}{good}{row}\n")
    assert found.startswith(f"line 4: {reason}")


def test_all_reasons_come_in_the_order_of_the_lines(store: Store) -> None:
    found = reasons(store, HEADER + "c,a,,A.\nc,b,Q?,A.,x\nc,c,Q?,\n,d,Q?,A.\n")
    assert [reason[:7] for reason in found] == ["line 2:", "line 3:", "line 4:", "line 5:"]


def test_a_file_of_nothing_but_its_header_is_refused(store: Store) -> None:
    assert reasons(store, HEADER) == ["has no rows"]


def test_a_named_course_fills_empty_cells_only(store: Store) -> None:
    load(store, HEADER + ",a,Q?,A.\nd,b,Q?,A.\n", course="c")
    load(store, "question,answer\nQ2?,A.\n", course="c")
    assert sorted(by_id(store)) == ["c/a", f"c/{entry_id('Q2?')}", "d/b"]


def test_replace_retires_what_the_file_does_not_name_in_its_own_courses(store: Store) -> None:
    load(store, HEADER + "c,a,Q1?,A.\nc,b,Q2?,A.\nd,a,Q?,A.\n")
    plan = load(store, HEADER + "c,a,Q1?,A.\n", replace=True)
    assert [e.id for e in plan.retired] == ["b"]
    assert sorted(by_id(store)) == ["c/a", "d/a"]


def test_what_was_retired_comes_back_with_its_key(store: Store) -> None:
    text = HEADER + "c,a,Q1?,A.\nc,b,Q2?,A.\n"
    load(store, text)
    before = by_id(store)
    load(store, HEADER + "c,a,Q1?,A.\n", replace=True)
    plan = load(store, text)
    assert [e.id for e in plan.added] == ["b"]
    assert by_id(store) == before


def test_without_replace_nothing_is_retired(store: Store) -> None:
    load(store, HEADER + "c,a,Q1?,A.\nc,b,Q2?,A.\n")
    assert load(store, HEADER + "c,a,Q1?,A.\n").retired == ()
    assert len(by_id(store)) == 2


def test_a_plan_writes_nothing(store: Store) -> None:
    load(store, HEADER + "c,a,Q1?,A.\n")
    before, seen = content(store), store.read(revision)
    plan = plan_of(store, HEADER + "c,b,Q2?,A.\n", replace=True)
    assert [e.id for e in plan.added] == ["b"]
    assert [e.id for e in plan.retired] == ["a"]
    assert (content(store), store.read(revision)) == (before, seen)


def test_an_import_is_noticed_by_running_readers(store: Store) -> None:
    before = store.read(revision)
    load(store, HEADER + "c,a,Q1?,A.\n")
    assert store.read(revision) != before


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("ML_101-a", "ML_101-a"),
        ("Machine Learning 101", "machine-learning-101"),
        ("机器学习", r"course-[0-9a-f]{8}"),
        ("C++", r"c-[0-9a-f]{8}"),
        ("Français avancé", r"francais-avance-[0-9a-f]{8}"),
        ("x" * 57, r"x{47}-[0-9a-f]{8}"),
    ],
)
def test_a_course_cell_that_is_no_id_becomes_the_title(store: Store, cell: str, expected: str) -> None:
    load(store, f"{HEADER}{cell},a,Q?,A.\n")
    (course,) = store.read(courses)
    assert re.fullmatch(expected, course.id)
    assert course.title == cell


def test_a_title_stays_when_other_rows_and_later_files_give_the_id(store: Store) -> None:
    load(store, HEADER + "ML 101,a,Q1?,A.\nml-101,b,Q2?,A.\n")
    load(store, HEADER + "ml-101,a,Q1?,A.\n")
    assert store.read(courses) == [Course("ml-101", "ML 101", 2)]


def test_a_title_given_later_mends_a_course_known_by_its_id(store: Store) -> None:
    load(store, HEADER + "ml-101,a,Q1?,A.\n")
    load(store, HEADER + "ML 101,a,Q1?,A.\n")
    assert store.read(courses) == [Course("ml-101", "ML 101", 1)]


@given(st.text(min_size=1).filter(lambda cell: cell == cell.strip()) | st.text("ab-_ C+é微", min_size=1))
def test_every_course_cell_gives_a_valid_course_id(cell: str) -> None:
    made = course_id(cell)
    assert COURSE_ID.fullmatch(made)
    assert course_id(made) == made


@given(st.text())
def test_every_question_gives_a_valid_id(question: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]{8,49}", entry_id(question))


def test_an_id_made_from_a_question_ignores_case_width_and_spaces() -> None:
    assert entry_id("  Ｗhat  is LoRA?\n") == entry_id("what is lora?")


def test_different_chinese_questions_get_different_ids(store: Store) -> None:
    load(store, "question,answer\n什么是微调？,答。\n什么是迁移学习？,答。\n", course="c")
    assert len(by_id(store)) == 2


def test_a_row_without_id_means_the_entry_with_its_question(store: Store) -> None:
    load(store, HEADER + "c,mine,What is  LoRA?,Old.\n")
    plan = load(store, "question,answer\nＷhat is lora?,New.\n", course="c")
    assert [e.id for e in plan.changed] == ["mine"]
    assert by_id(store)["c/mine"].answer == "New."


def test_a_row_without_id_means_an_entry_of_its_own_course_only(store: Store) -> None:
    load(store, HEADER + "c,mine,Q?,A.\n")
    assert [e.id for e in load(store, HEADER + "d,,Q?,A.\n").added] == [entry_id("Q?")]


def test_a_row_without_id_that_matches_several_entries_is_refused(store: Store) -> None:
    load(store, HEADER + "c,a,Q?,A.\nc,b,q?,B.\n")
    assert reasons(store, HEADER + "c,,Q?,C.\n") == [
        "line 2: the question stands under several ids (a, b); give the id"
    ]


@pytest.mark.parametrize("rows", ["c,x,Q?,A.\nc,,Q?,A.\n", "c,,Q?,A.\nc,x,Q?,A.\n"])
def test_a_row_without_id_may_mean_an_entry_that_the_same_file_names(store: Store, rows: str) -> None:
    first = load(store, HEADER + rows)
    assert [e.id for e in first.added] == ["x"]
    again = load(store, HEADER + rows)
    assert (again.added, again.changed, again.left) == ((), (), 1)


def test_the_same_question_under_another_id_is_noted_not_refused(store: Store) -> None:
    load(store, HEADER + "c,a,Q?,A.\n")
    plan = load(store, HEADER + "c,b,q?,B.\nc,d, Q?,D.\n")
    assert plan.notes == (
        "line 2: the same question has another id too: a (in the store)",
        "line 2: another answer to the same question than in a (in the store)",
        "line 3: the same question has another id too: a (in the store), b (line 2)",
        "line 3: another answer to the same question than in a (in the store)",
        "line 3: another answer to the same question than in b (line 2)",
    )
    assert len(by_id(store)) == 3


def test_an_entry_that_expired_already_is_noted(store: Store) -> None:
    text = "course,question,answer,expires_on\nc,Q?,A,2020-01-31\nc,R?,B,2999-01-31\n"
    assert plan_of(store, text).notes == ("line 2: expired on 2020-01-31, so nobody is shown it",)


def test_a_repeated_row_is_noted_and_taken_once(store: Store) -> None:
    plan = load(store, HEADER + "c,,Q?,A.\nc,a,Q?,A.\nc,a,Q?,A.\n")
    assert plan.notes == ("line 2: repeats line 3", "line 4: repeats line 3")
    assert len(by_id(store)) == 1


def test_entries_keep_the_order_of_the_file(store: Store) -> None:
    load(store, HEADER + "c,,Q1?,A.\nc,z,Q2?,A.\nc,,Q3?,A.\nc,a,Q4?,A.\n")
    assert [e.question for e in store.read(entries)] == ["Q1?", "Q2?", "Q3?", "Q4?"]


def test_expired_entries_are_known_to_import_but_not_live(store: Store) -> None:
    text = "course,id,question,answer,expires_on\nc,a,Q?,A.,2001-01-01\n"
    load(store, text)
    assert store.read(entries) == []
    assert load(store, text).left == 1


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["c", "d", "Über uns", "über uns"]),
        st.sampled_from(["", "", "a", "b"]),
        st.sampled_from(["Q?", "q?", "Why?", "为什么？"]),
        st.sampled_from(["A.", "B."]),
    ),
    min_size=1,
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ROWS)
def test_importing_the_same_file_twice_changes_nothing(tmp_path: Path, rows: list[tuple[str, str, str, str]]) -> None:
    path = tmp_path / "qa.csv"
    path.write_text(HEADER + "".join(f"{','.join(row)}\n" for row in rows), encoding="utf-8")
    with closing(Database(memory=True)) as db:
        migrate(db)
        try:
            importing.apply(db, importing.plan(db, path))
        except Refused:
            return
        before = entries(db, live=False), courses(db)
        again = importing.plan(db, path)
        assert (again.added, again.changed, again.retired) == ((), (), ())
        importing.apply(db, again)
        assert (entries(db, live=False), courses(db)) == before
