"""HTML becomes Markdown that says the same and opens nothing; what would take too long is refused."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.html import MAX_DEEP, MAX_HTML_CHARS, as_line, as_markdown


def test_text_lists_code_and_tables_are_kept() -> None:
    html = "<p>A <b>cell</b> is<br>x &lt; y</p><ul><li>a</li><li>b</li></ul><pre><code>x = 1\n</code></pre>2*3"
    assert as_markdown(html) == "A **cell** is  \nx < y\n\n- a\n- b\n\n```\nx = 1\n```\n\n2\\*3"


def test_nothing_runs_and_no_picture_is_fetched() -> None:
    html = "<img src='http://x.org/a.png' alt='a cell'><script>alert(1)</script><style>p{}</style>"
    html += "<a href='javascript:x'>l</a> <a href='https://x.org'>m</a>"
    assert as_markdown(html) == "a celll [m](https://x.org)"


def test_a_question_is_one_line_without_marks() -> None:
    assert as_line("<p>What is <i>x</i>?</p><p>two<br>lines</p>") == "What is x? two lines"
    assert as_line("micro<b>scope</b>") == "microscope"


@pytest.mark.parametrize(
    "html",
    ["<b>" * 20_000, "<a href='" * 7_000, "<!--" * 16_000, "x" * (MAX_HTML_CHARS + 1), "<div>" * (MAX_DEEP + 1)],
)
def test_what_no_program_writes_is_refused_at_once(html: str) -> None:
    begin = time.monotonic()
    with pytest.raises(ValueError, match="the HTML "):
        as_markdown(html)
    assert time.monotonic() - begin < 10


TAGS = [
    "<b>",
    "</b>",
    "<p>",
    "x",
    "<",
    "&amp;",
    "<table>",
    "<tr>",
    "<td>",
    "<li>",
    "<img",
    "<a href='",
    "'>",
    "<script>",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from([*TAGS, "<![CDATA[", "<!--", "<?", "<!DOCTYPE", "\n"])).map("".join) | st.text())
def test_any_text_is_read(html: str) -> None:
    for read in (as_markdown, as_line):
        read(html)
