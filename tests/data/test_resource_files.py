"""Resources come in by a file, all or nothing, go out as they came in, and are kept by course and id."""

from dataclasses import replace
from pathlib import Path

import pytest
from listed import FILM, HEADER, PAPER, load
from persons import course

from data import audit, resource_files, sample
from data.entries import entries
from data.entries import retire as retire_entries
from data.errors import Refused
from data.exporting import export
from data.records import LabelledQuestion
from data.resources import Resource, has_resources, resource_of, resources
from data.store import Store


def test_a_file_is_taken_and_comes_out_as_it_was(store: Store, tmp_path: Path) -> None:
    course(store)
    assert load(store, tmp_path, HEADER + FILM + PAPER).counts == "2 added, 0 changed, 0 retired, 0 left"
    film, paper = store.read(resources)
    assert film == Resource(
        "c", "film", "A film", "https://example.org/a?b=1", "video", "beginner", 12, "en", "On rates.", ("lr", "due"),
        film.key,
    )  # fmt: skip
    assert paper.id.startswith("a-paper-") and paper.minutes == 0
    for suffix in (".csv", ".tsv", ".xlsx", ".jsonl"):
        out = tmp_path / f"out{suffix}"
        assert store.read(export, "resources", out, "c") == 2
        again = store.read(resource_files.plan, out)
        assert (again.left, again.added, again.changed) == (2, (), ()), suffix


def test_what_is_changed_keeps_its_number_and_what_is_not_named_goes_only_when_told(
    store: Store, tmp_path: Path
) -> None:
    course(store)
    load(store, tmp_path, HEADER + FILM + PAPER)
    film, paper = store.read(resources)
    plan = load(store, tmp_path, HEADER + FILM.replace("12", "15"))
    assert plan.counts == "0 added, 1 changed, 0 retired, 0 left"
    assert store.read(resources) == [replace(film, minutes=15), paper]
    assert load(store, tmp_path, HEADER + FILM, replace_all=True).retired == (paper,)
    assert store.read(resource_of, paper.key) is None
    load(store, tmp_path, HEADER + PAPER)
    assert store.read(resource_of, paper.key) == paper
    changes = store.read(audit.changes)
    assert [change.action for change in changes] == ["import"] * 4
    assert changes[0].detail == "list.csv: resources, 2 added, 0 changed, 0 retired, 0 left"


def test_a_file_that_changes_nothing_leaves_no_line_in_the_log(store: Store, tmp_path: Path) -> None:
    course(store)
    load(store, tmp_path, HEADER + FILM)
    load(store, tmp_path, HEADER + FILM)
    assert len(store.read(audit.changes)) == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",https://example.org,c,,,,,,,", "line 2: the title is empty"),
        ("A,,c,,,,,,,", "line 2: url must be a link that begins with https:// or http://, not ''"),
        ("A,javascript:alert(1),c,,,,,,,", "line 2: url must be a link that begins"),
        ("A,https://,c,,,,,,,", "line 2: url must be a link that begins"),
        ("A,https://a b.org,c,,,,,,,", "line 2: url must be a link that begins"),
        ("A,https://example.org,,,,,,,,", "line 2: the course is empty"),
        ("A,https://example.org,my course,,,,,,,", "line 2: the course must be an id"),
        ("A,https://example.org,c,a|b,,,,,,", "line 2: the id must be"),
        ("A,https://example.org,c,,podcast,,,,,", "line 2: kind must be one of reading, video, exercise, notebook"),
        ("A,https://example.org,c,,,hard,,,,", "line 2: level must be one of beginner, intermediate, advanced"),
        ("A,https://example.org,c,,,,1.5,,,", "line 2: minutes must be a whole number"),
        ("A,https://example.org,c,,,,0,,,", "line 2: minutes must be a whole number"),
        ("A,https://example.org,c,,,,,English,,", "line 2: lang must be a code"),
        ("A,https://example.org,c,,,,,,,nothing", "line 2: no entry nothing in course c"),
        (f"{'A' * 201},https://example.org,c,,,,,,,", "line 2: the title has 201 characters; it may have 200"),
        (f"{FILM}{FILM}".strip(), "line 3: the resource film stands already in line 2"),
    ],
)
def test_a_wrong_row_refuses_the_file_by_its_line(store: Store, tmp_path: Path, row: str, reason: str) -> None:
    course(store)
    with pytest.raises(Refused) as refused:
        load(store, tmp_path, f"{HEADER}{row}\n{PAPER}")
    assert refused.value.reasons[0].startswith(f"{tmp_path / 'list.csv'}: {reason}")
    assert store.read(resources) == []


def test_a_file_without_rows_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has no rows"):
        load(store, tmp_path, HEADER)


def test_links_to_entries_that_were_taken_out_are_not_followed(store: Store, tmp_path: Path) -> None:
    lr, due = course(store)
    load(store, tmp_path, HEADER + FILM)
    assert store.read(has_resources, lr.key)
    store.write(retire_entries, [due.key])
    assert [resource.entries for resource in store.read(resources)] == [("lr",)]


def test_the_sample_has_resources_linked_to_its_entries_and_questions_for_them(store: Store) -> None:
    store.write(sample.load)
    before = store.read(resources)
    assert len([resource for resource in before if resource.course == "fine-tuning"]) == 25
    assert all(resource.entries and resource.summary and resource.minutes and resource.lang for resource in before)
    store.write(sample.load)
    assert store.read(resources) == before
    dev = store.read(resource_files.read_questions, sample.path("resource-questions-dev.csv"))
    test = store.read(resource_files.read_questions, sample.path("resource-questions-test.csv"))
    assert not {q.text for q in dev} & {q.text for q in test}
    assert sum(bool(q.expected_ids) for q in (*dev, *test)) >= 60


def test_questions_name_resources_that_there_are(store: Store, tmp_path: Path) -> None:
    course(store)
    load(store, tmp_path, HEADER + FILM)
    path = tmp_path / "questions.csv"
    path.write_text("question,course,expected_ids\nwhich rate,c,film\nhello,c,\n", encoding="utf-8")
    assert store.read(resource_files.read_questions, path) == [
        LabelledQuestion("which rate", "c", ("film",)),
        LabelledQuestion("hello", "c", ()),
    ]
    path.write_text("question,course,expected_ids\nx,c,lr\ny,d,film\n,c,film\n", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        store.read(resource_files.read_questions, path)
    assert [reason.partition(": ")[2] for reason in refused.value.reasons] == [
        "line 2: no resource lr in course c",
        "line 3: no course 'd'; there are: c",
        "line 4: the question is empty",
    ]
    assert len(store.read(entries)) == 2
