"""Q&A from other programs: each file is told by its name or what is inside, and read as its program means it."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data import sources
from data.errors import Refused
from data.tables import Table

GIFT = r"""// a comment
$CATEGORY: $course$/Cells/Basics

::Q1:: What powers a cell? {=The mitochondrion#yes ~The nucleus #no ####More *about* it.}

Who lives?{
   =a cell

   =a virus?
}

A {~%50%cell ~%50%gene ~%-100%stone} lives.

Cells live.{T#ok}

How many? {#1822:1}

How much? {#3.1..3.2}

Match {=cat -> cat food =dog -> dog food}

Write an essay. {}

Only a description.

::esc:: [html]Is <b>2\=2</b> \{ok\}? {=yes \~ no}
"""
GLOSSARY = """<?xml version="1.0" encoding="UTF-8"?>
<GLOSSARY><INFO><NAME>Words</NAME><ENTRIES>
<ENTRY><CONCEPT>Cell</CONCEPT><DEFINITION>&lt;p&gt;The &lt;b&gt;smallest&lt;/b&gt; unit.&lt;/p&gt;</DEFINITION>
<FORMAT>1</FORMAT><ALIASES><ALIAS><NAME>cells</NAME></ALIAS><ALIAS><NAME>a|b</NAME></ALIAS></ALIASES>
<CATEGORIES><CATEGORY><NAME>Biology</NAME></CATEGORY></CATEGORIES></ENTRY>
<ENTRY><CONCEPT>Gene</CONCEPT><DEFINITION>a &lt; b</DEFINITION><FORMAT>4</FORMAT></ENTRY>
</ENTRIES></INFO></GLOSSARY>"""
QUIZ = """<?xml version="1.0"?>
<quiz>
<question type="category"><category><text>$course$/top/Cells</text></category></question>
<question type="multichoice">
<questiontext format="html"><text><![CDATA[<p>What is <i>it</i>?</p>]]></text></questiontext>
<generalfeedback format="html"><text>Good.</text></generalfeedback>
<answer fraction="100"><text>A cell</text></answer><answer fraction="0"><text>A stone</text></answer></question>
<question type="truefalse"><questiontext><text>It lives</text></questiontext>
<answer fraction="0"><text>false</text></answer><answer fraction="100"><text>true</text></answer></question>
<question type="matching"><questiontext><text>Match</text></questiontext>
<subquestion><text>cat</text><answer><text>cat food</text></answer></subquestion>
<subquestion><text>dog</text><answer><text>dog food</text></answer></subquestion></question>
<question type="essay"><questiontext><text>Write</text></questiontext>
<graderinfo><text>secret</text></graderinfo></question>
<question type="cloze"><questiontext><text>A {1:SHORTANSWER:=cell} lives</text></questiontext></question>
</quiz>"""
ANKI = (
    "#separator:tab\n#html:true\n#deck column:1\n#tags column:4\n"
    "Bio::Cells\tWhat is a <b>cell</b>?[sound:x.mp3]\tThe smallest<br>unit &amp; more\tlife easy\n"
    'Bio\t"What is\n""it""?"\t"One\ttwo"\t\n'
    "Bio\tA {{c1::cell::what}} lives in {{c2::you}}\t\t\n"
)


def read(path: Path, content: str | bytes) -> Table:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return sources.read(path, required=["question", "answer"], optional=["course", "section", "alternates", "tags"])


def pairs(table: Table) -> list[tuple[str, str]]:
    assert table.refused == ()
    return [(row["question"], row["answer"]) for row in table.rows]


@pytest.mark.parametrize("name", ["quiz.gift", "quiz.txt"])
def test_gift_gives_the_right_answers_and_the_general_feedback(tmp_path: Path, name: str) -> None:
    table = read(tmp_path / name, GIFT)
    assert pairs(table) == [
        ("What powers a cell?", "The mitochondrion\n\nMore *about* it."),
        ("Who lives?", "- a cell\n- a virus?"),
        ("A _____ lives.", "- cell\n- gene"),
        ("Cells live.", "True"),
        ("How many?", "1822 ± 1"),
        ("How much?", "3.1 to 3.2"),
        ("Match", "- cat → cat food\n- dog → dog food"),
        ("Is 2=2 {ok}?", "yes ~ no"),
    ]
    assert {row["section"] for row in table.rows} == {"Basics"}
    assert [row.line for row in table.rows][:3] == [4, 6, 12]
    assert [note.split(":")[0] for note in table.notes] == ["line 22", "line 24"]
    assert table.encoding == "UTF-8"


def test_a_brace_that_is_not_closed_is_refused_with_its_line(tmp_path: Path) -> None:
    table = read(tmp_path / "quiz.gift", "Good? {=yes}\n\nBad? {=a\n\nNext? {=b}\n")
    assert [reason.split(":")[0] for reason in table.refused] == ["line 3"]


def test_questions_of_a_quiz_without_an_empty_line_between_them_stay_apart_or_are_refused(tmp_path: Path) -> None:
    named = read(tmp_path / "quiz.gift", "::a:: A? {=1}\n$CATEGORY: Cells\n::b:: B?\n{=2\n::3}\n::c:: C? {=4}\n")
    assert pairs(named) == [("A?", "1"), ("B?", "2\n::3"), ("C?", "4")]
    assert [(row.line, row["section"]) for row in named.rows] == [(1, ""), (3, "Cells"), (6, "Cells")]
    table = read(tmp_path / "quiz.gift", "A? {=1}\nB? {=2}\n")
    assert table.refused == (
        "line 1: answers in braces stand here twice: "
        "put an empty line between questions, write \\{ for one that is text",
    )


def test_a_glossary_gives_concepts_with_their_other_names(tmp_path: Path) -> None:
    table = read(tmp_path / "words.xml", GLOSSARY)
    assert pairs(table) == [("Cell", "The **smallest** unit."), ("Gene", "a < b")]
    assert (table.rows[0]["alternates"], table.rows[0]["section"]) == ("cells|a/b", "Biology")
    assert [row.line for row in table.rows] == [3, 6]


def test_a_quiz_gives_what_is_right_and_nothing_meant_for_graders(tmp_path: Path) -> None:
    table = read(tmp_path / "quiz.xml", QUIZ)
    assert pairs(table) == [
        ("What is it?", "A cell\n\nGood."),
        ("It lives", "True"),
        ("Match", "- cat → cat food\n- dog → dog food"),
    ]
    assert {row["section"] for row in table.rows} == {"Cells"}
    assert [note.split(":")[0] for note in table.notes] == ["line 13", "line 15"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<html/>", "is neither a glossary nor a quiz of Moodle: its outermost element is 'html'"),
        ("<quiz>", "cannot be read as XML"),
        ("", "cannot be read as XML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><quiz>&a;</quiz>', "it declares entities, which nobody needs"),
        ('<!DOCTYPE x SYSTEM "file:///etc/hostname"><quiz/>', "it declares entities, which nobody needs"),
        ('<?xml version="1.0" encoding="nope"?><quiz/>', "cannot be read as XML"),
    ],
)
def test_xml_of_another_kind_or_with_entities_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        read(tmp_path / "a.xml", content)


def test_anki_notes_lose_their_html_and_keep_deck_and_tags(tmp_path: Path) -> None:
    table = read(tmp_path / "notes.txt", ANKI)
    assert pairs(table) == [
        ("What is a cell?", "The smallest  \nunit & more"),
        ('What is "it"?', "One two"),
        ("A [what] lives in […]", "A cell lives in you"),
    ]
    assert [(row.line, row["section"], row["tags"]) for row in table.rows] == [
        (5, "Cells", "life easy"),
        (6, "Bio", ""),
        (8, "Bio", ""),
    ]


def test_old_anki_notes_without_a_header_are_known_by_their_tabs(tmp_path: Path) -> None:
    table = read(tmp_path / "notes.txt", "What is x < y?\tTwo\nlines\t?\n# a comment\nQ?\tA.\textra\n")
    assert pairs(table) == [("What is x < y?", "Two"), ("lines", "?"), ("Q?", "A.")]
    assert table.notes == ("line 1: 1 fields after question and answer are left out",)
    assert read(tmp_path / "notes.txt", "#separator:tab\nalone\nQ?\tA.\n").refused == (
        "line 2: has one field: a question and an answer are needed, with a tab between them",
    )


def test_unicode_text_of_a_spreadsheet_is_a_table(tmp_path: Path) -> None:
    table = read(tmp_path / "qa.txt", '\ufeffquestion\tanswer\r\n"什么?"\t答\r\n'.encode("utf-16-le"))
    assert (pairs(table), table.encoding) == ([("什么?", "答")], "UTF-16")


def test_braces_in_a_table_make_no_quiz_of_it(tmp_path: Path) -> None:
    assert pairs(read(tmp_path / "qa.txt", "question;answer\nWhat is {x}?;A set.\n")) == [("What is {x}?", "A set.")]


def test_a_folder_is_read_by_name_and_says_in_which_file_something_stands(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.MD").write_text("Hello\n\n## Q2?\nB.\n")
    (tmp_path / "a.markdown").write_text("## Q1?\nA.\n")
    (tmp_path / "c.pdf").write_bytes(b"\xff")
    table = sources.read(tmp_path, required=["question", "answer"])
    assert [(row.place, row["question"]) for row in table.rows] == [
        ("a.markdown: line 1", "Q1?"),
        ("b/x.MD: line 3", "Q2?"),
    ]
    assert table.notes[0].startswith("b/x.MD: line 1: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everywhere")
def test_a_folder_with_a_part_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("## Q1?\nA.\n")
    (tmp_path / "closed").mkdir(mode=0o000)
    with pytest.raises(Refused, match=r"closed: cannot be read \(Permission denied\)"):
        sources.read(tmp_path, required=["question", "answer"])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", "no heading", "has no question: write each as `## question`, with its answer below"),
        ("a.gift", "// nothing", "has no question: close each question's answers in braces"),
        ("a.txt", "#separator:tab\n", "has no question: write a question, a tab and its answer"),
        ("a.pdf", "x", r"cannot read \.pdf; use one of .*\.md.*\.gift, \.xml"),
    ],
)
def test_a_file_without_a_question_says_how_they_are_written(
    tmp_path: Path, name: str, content: str, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        read(tmp_path / name, content)
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused, match=r"this folder holds no file of \.md"):
        sources.read(tmp_path / "empty", required=["question"])


PARTS = st.lists(
    st.sampled_from([*'{}=~#\\\t\n"<>:%', "::", "->", "####", "%50%", "#html:true\n", "{{c1::", "a", "<b>"])
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    content=PARTS.map("".join).map(str.encode) | st.binary(), name=st.sampled_from(["a.gift", "a.txt", "a.xml", "a.md"])
)
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path: Path, content: bytes, name: str) -> None:
    try:
        table = read(tmp_path / name, content)
    except Refused as refused:
        assert refused.reasons
    else:
        assert all(row.line > 0 for row in table.rows)
