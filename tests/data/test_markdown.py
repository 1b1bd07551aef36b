"""A page of questions is read as people write it, and what is written is read back as it was."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import ENTRY

from data.exporting import COLUMNS
from data.markdown import page, parse
from data.records import Entry

NAMES = COLUMNS["entries"]
LINES = [
    "# a",
    "## b",
    "### c",
    "```",
    "~~~",
    "<!--",
    "-->",
    "<!-- id: x -->",
    "<div>",
    "<script>",
    "    x",
    "- i",
    "> q",
]
ODD = st.lists(st.sampled_from([*LINES, "---", "===", "", "text", "\\# x", "|", "#", "id: x"]), min_size=1, max_size=6)
TRICKY = ODD.map("\n".join).map(lambda text: text.strip() or "x")


def told(text: str) -> list[tuple[str, str, str]]:
    table = parse(text, NAMES)
    assert (table.refused, table.notes) == ((), ())
    return [(row["section"], row["question"], row["answer"]) for row in table.rows]


def as_row(entry: Entry) -> Mapping[str, str]:
    return {**{name: getattr(entry, name) for name in NAMES}, "alternates": "|".join(entry.alternates)}


def test_a_question_is_a_heading_with_its_answer_below() -> None:
    text = "# Cells\n\n## What is a *cell*?\n\nA unit.\n\n### More\n\n- it lives\n\n## And C# ?\nYes.\n\n"
    text += "# Genes\n## Gene?\nG."
    assert told(text) == [
        ("Cells", "What is a *cell*?", "A unit.\n\n### More\n\n- it lives"),
        ("Cells", "And C# ?", "Yes."),
        ("Genes", "Gene?", "G."),
    ]


def test_a_heading_without_text_above_deeper_ones_is_a_section() -> None:
    text = "# FAQ\n## Cells\n### What is a cell?\nA unit.\n### Why?\nSo.\n#### Indeed\nYes.\n"
    text += "## Plain?\nP.\n### of it\nQ.\n"
    assert told(text) == [
        ("Cells", "What is a cell?", "A unit."),
        ("Cells", "Why?", "So.\n#### Indeed\nYes."),
        ("FAQ", "Plain?", "P.\n### of it\nQ."),
    ]


def test_what_stands_in_code_is_no_heading() -> None:
    assert told("## How?\n```\n## not this\n# nor this\n```\n\n    ## nor this\n") == [
        ("", "How?", "```\n## not this\n# nor this\n```\n\n    ## nor this")
    ]


def test_front_matter_and_a_comment_give_the_other_columns() -> None:
    text = (
        "---\ntitle: FAQ\ncourse: 'bio'\nlang: en\n---\n## Q?\n<!-- id: q1 -->\nA.\n"
        '## R?\n<!--\nalternates: R1? | R2?\nlang: de\ntags: "a\\u0020b"\n-->\nB.\n'
    )
    first, second = parse(text, NAMES).rows
    assert (first.line, first["course"], first["lang"], first["id"], first["answer"]) == (6, "bio", "en", "q1", "A.")
    assert (second["lang"], second["alternates"], second["tags"]) == ("de", "R1? | R2?", "a b")


def test_a_comment_that_names_no_column_belongs_to_the_answer() -> None:
    assert told("## Q?\n<!-- todo: look this up -->\nA.\n") == [("", "Q?", "<!-- todo: look this up -->\nA.")]


def test_an_unknown_field_is_refused_with_its_line() -> None:
    table = parse("\n## Q?\n<!-- id: x\ncolour: red -->\nA.\n", NAMES)
    assert table.refused == (f"line 2: unknown field 'colour' in the comment; there are: {', '.join(NAMES)}",)


def test_text_that_belongs_to_no_question_is_noted() -> None:
    assert parse("Welcome!\n\n# Cells\nAbout them.\n## Q?\nA.\n", NAMES, "a.md").notes == (
        "a.md: line 1: the text above the first heading belongs to no question and is left out",
        "a.md: line 3: the text below this section's heading is left out",
    )


@settings(deadline=None)
@given(
    st.lists(
        ENTRY
        | st.builds(lambda e, q, a, s: replace(e, question=q, answer=a, section=s), ENTRY, TRICKY, TRICKY, TRICKY),
        max_size=4,
    )
)
def test_whatever_is_written_is_read_back(kept: list[Entry]) -> None:
    text = "".join(page(NAMES, map(as_row, kept)))
    table = parse(text, NAMES)
    assert (table.refused, table.notes) == ((), ())
    assert [{name: row[name] for name in NAMES} for row in table.rows] == [as_row(entry) for entry in kept]


def test_a_plain_page_is_written_as_people_write_it() -> None:
    entry = Entry("bio", "cell", "What is a cell?", "A *unit*.", "Cells", ("Cell?", "Cells?"))
    assert "".join(page(NAMES, [as_row(entry)])) == (
        "---\ncourse: bio\n---\n\n# Cells\n\n"
        "## What is a cell?\n<!--\nid: cell\nalternates: Cell?|Cells?\n-->\n\nA *unit*.\n\n"
    )


@pytest.mark.parametrize("text", ["", "---\n", "---\ncourse: x\n---\n", "<!--", "# ", "##", "## \n", "Q\n==\n", "\x00"])
def test_odd_pages_end_in_no_error(text: str) -> None:
    parse(text, NAMES)


@given(TRICKY | st.text())
def test_any_text_is_read(text: str) -> None:
    parse(text, NAMES)
