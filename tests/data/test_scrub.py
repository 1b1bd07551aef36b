"""People leave no trace in what is learned from, and what the course is about stays as it was typed.

Every person, number and address here is made up.
"""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.scrub import PLACEHOLDERS, is_empty, scrub

LISTS = Path(__file__).parents[1] / "scrubbing"
SAMPLE = Path(__file__).parents[2] / "data" / "sample"
MIN_RECALL = 0.95  # of what stands in brackets
MIN_EXACT = 0.9  # of the sentences in which nothing else changes either


def lines(file: str) -> list[str]:
    """The sentences of a list."""
    return [line for line in (LISTS / file).read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]


# What points to a person stands in brackets.
ENGLISH = lines("persons_english.txt")
CHINESE = lines("persons_chinese.txt")
# Nothing in here is about a person.
COURSE = lines("course.txt")


def plain(marked: str) -> str:
    return re.sub(r"\[(.*?)\]", r"\1", marked)


def without_persons(marked: str) -> str:
    return re.sub(r"@?\[.*?\]", "<>", marked)


def folded(text: str) -> str:
    return re.sub("|".join(PLACEHOLDERS), "<>", text)


def missed(marked: str) -> list[str]:
    scrubbed = scrub(plain(marked))
    return [person for person in re.findall(r"\[(.*?)\]", marked) if person in scrubbed]


@pytest.mark.parametrize("marked", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_nearly_all_that_points_to_a_person_goes(marked: list[str]) -> None:
    persons = sum(line.count("[") for line in marked)
    left = {line: missed(line) for line in marked if missed(line)}
    recall = 1 - sum(map(len, left.values())) / persons
    assert len(marked) >= 40
    assert recall >= MIN_RECALL, left
    other = {line: scrub(plain(line)) for line in marked if folded(scrub(plain(line))) != without_persons(line)}
    assert 1 - len(other) / len(marked) >= MIN_EXACT, other


@pytest.mark.parametrize("text", COURSE)
def test_what_the_course_is_about_stays(text: str) -> None:
    assert scrub(text) == text


@pytest.mark.parametrize(
    "file",
    sorted({*SAMPLE.glob("*.csv")} - {SAMPLE / "resources.csv", SAMPLE / "assignments.csv"}),
    ids=lambda file: file.stem,
)
def test_no_question_of_the_sample_course_changes(file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    texts = [text for row in rows for text in (row["question"], *(row.get("alternates") or "").split("|"))]
    assert len(texts) > 50
    assert {text: scrub(text) for text in texts if scrub(text) != text} == {}


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("I'm Wei Zhang, s1234567, wei@example.com", "I'm <name>, <number>, <email>"),
        ("ask @anna_s92 or +49 351 463 12345", "ask <name> or <phone>"),
        ("see https://example.com/a?token=abc123.", "see <link>."),
        ("https://tom:secret@example.com/x and t.me/anna_s", "<link> and <link>"),
        ("我叫王小明，学号2021123456", "我叫<name>，学号<number>"),
        ("张老师的邮箱 zhang@example.cn", "<name>老师的邮箱 <email>"),
        ("ask\n@tom_b92\nplease", "ask\n<name>\nplease"),
        ("@data_loader\ndef load():", "@data_loader\ndef load():"),
        ("How do I cite?\n\nKind regards,\nAmara Diallo", "How do I cite?\n\nKind regards,\n<name>"),
    ],
)
def test_each_kind_has_its_placeholder(text: str, scrubbed: str) -> None:
    assert scrub(text) == scrubbed


def test_a_text_of_placeholders_alone_is_empty() -> None:
    assert all(map(is_empty, ("", " ?! ", "<name>", "<name>, <number>!", scrub("anna@example.com"))))
    assert not any(map(is_empty, ("<name> a", "name", "你好 <name>", "5")))


PIECES = [re.sub(r"[\[\]]", "", line) for line in ENGLISH + CHINESE + COURSE]
WORDS = st.sampled_from(sorted({word for line in PIECES for word in line.split()} | set(PLACEHOLDERS)))


@given(st.text() | st.lists(WORDS, max_size=12).map(" ".join) | st.lists(WORDS, max_size=12).map("".join))
def test_scrubbing_never_fails_and_again_changes_nothing(text: str) -> None:
    once = scrub(text)
    assert scrub(once) == once


def test_a_text_as_long_as_a_cell_is_scrubbed_at_once() -> None:
    for piece in ("a", "Anna ", "1 ", "王", "1-", "a.", "@a", "my name is ", "https://"):
        scrub(piece * (32_000 // len(piece)))
