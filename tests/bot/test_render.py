"""Whatever a teacher writes, Telegram accepts it, nothing gets lost on the way, and usual Markdown looks right."""

from __future__ import annotations

import re
import time
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.render import messages, plain, to_html, visible_length

LIMITS = st.integers(60, 200) | st.just(4096)
ENTITY = re.compile(r"&(lt|gt|amp|quot|#\d+|#x[\da-f]+);")
URL = re.compile(r"(https?://|mailto:|tg://)[!-~]+")

BLOCKS = {
    "paragraph": ("one\n\ntwo", ["one", "two"]),
    "bold and italics": ("**b** *i* ***bi***", ["<b>b</b> <i>i</i> <i><b>bi</b></i>"]),
    "strikethrough": ("~~no~~", ["<s>no</s>"]),
    "line breaks": ("soft\nhard\\\nspaces  \nend", ["soft\nhard\nspaces\nend"]),
    "inline code": ("`a < *b*`", ["<code>a &lt; *b*</code>"]),
    "fence with a language": (
        "```c++ x=1\n<T>\n  &\n```",
        ['<pre><code class="language-c++">&lt;T&gt;\n  &amp;</code></pre>'],
    ),
    "fence without one": ('~~~ "\nx\n\n\ny\n~~~', ["<pre>x\n\n\ny</pre>"]),
    "indented code": ("    x\n      y", ["<pre>x\n  y</pre>"]),
    "headings": ("# One `c`\nTwo\n---", ["<b>One <code>c</code></b>", "<b>Two</b>"]),
    "rule": ("a\n\n***", ["a", "———"]),
    "bullets": ("- a\n- b\n\n  c", ["• a\n• b\n  c"]),
    "start number": ("7. a\n8. b", ["7. a\n8. b"]),
    "number zero": ("0. a", ["0. a"]),
    "nested lists": ("1. a\n   more\n   - b\n     - c\n2. d", ["1. a\n  more\n  • b\n    • c\n2. d"]),
    "code in a list": ("- a\n  ```\n  x\n    y\n  ```\n- b", ["• a\n<pre>x\n  y</pre>\n• b"]),
    "quote": ("> a\n> b\n>\n> - c", ["<blockquote>a\nb\n\n• c</blockquote>"]),
    "quotes in quotes are flat": ("> a\n>\n> > b\n> > - > c", ["<blockquote>a\n\nb\n\n• c</blockquote>"]),
    "quote in a list": ("- a\n  > b\n  > c", ["• a\n<blockquote>b\nc</blockquote>"]),
    "link": ("[*t*](https://e.org/?a=1&b='2')", ['<a href="https://e.org/?a=1&amp;b=&#x27;2&#x27;"><i>t</i></a>']),
    "autolinks": (
        "<tg://resolve?domain=x> <a@b.c>",
        ['<a href="tg://resolve?domain=x">tg://resolve?domain=x</a> <a href="mailto:a@b.c">a@b.c</a>'],
    ),
    "reference": ("[t][r]\n\n[r]: http://e.org", ['<a href="http://e.org">t</a>']),
    "link without text": ("[](http://e.org)", ['<a href="http://e.org">http://e.org</a>']),
    "bare address": ("http://e.org", ["http://e.org"]),
    "links elsewhere": ("[a](javascript:x) [b](/b) [c](ftp://c) [d](data:x)", ["a b c d"]),
    "image": ("![alt *t*](http://e.org/x.png)", ['<a href="http://e.org/x.png">alt <i>t</i></a>']),
    "image elsewhere": ("![alt](x.png) ![](y.png) end", ["alt  end"]),
    "link around an image and code": ("[`c` ![i](http://i.org)](http://e.org)", ['<a href="http://e.org">c i</a>']),
    "table": (
        "| a | **中文** |\n|--|--|\n| `x<y` | [t](http://e.org) |\n| longer | 😀 | \n| z",
        ["<pre>a      | 中文\n-------+-----------------\nx&lt;y    | t (http://e.org)\nlonger | 😀\nz      |</pre>"],
    ),
    "raw HTML": ("<b onclick='x'>a</b> <br>", ["&lt;b onclick='x'&gt;a&lt;/b&gt; &lt;br&gt;"]),
    "block of HTML": ("<script>\nx\n</script>", ["&lt;script&gt;\nx\n&lt;/script&gt;"]),
    "entities": ('&lt;b&gt; &copy; &amp;amp; &bogus; "', ['&lt;b&gt; © &amp;amp; &amp;bogus; "']),
    "control characters": ("a\x0bb\ud800c &#12;d\r\ne", ["a b c  d\ne"]),
    "nothing": ("", []),
    "nothing visible": ("&nbsp;\n\n&#8203;\n\n```\n\n```\n\n[r]: http://e.org", []),
}
PIECES = [*(markdown for markdown, _ in BLOCKS.values()), "word " * 30, "字" * 70, "😀" * 70, "`" * 3, "> ", "- ", "  "]
MARKUP = st.sampled_from("ab1字😀 \t\n\\*_`~[]()<>&;!#|-:.+=\"'\x00\x0b\r\x7f\u200b\ud800\uffff")
free_text = st.text(st.characters(exclude_categories=()), max_size=300)
markdown_like = st.text(MARKUP, max_size=300) | st.lists(
    st.sampled_from(PIECES) | st.text(MARKUP, max_size=9) | st.sampled_from(["\n", "\n\n", "\n  "]), max_size=12
).map("".join)


def shown(source: str) -> str:
    """What Telegram shows of its HTML; fails on all that it refuses or would have to repair."""
    assert "&" not in ENTITY.sub("", source)
    root = ElementTree.fromstring(f"<u>{source.replace('&quot;', '&#34;')}</u>")
    assert "<" not in re.sub(r"</?[a-z]+[^<>/]*>|<a href=[^<>]+>", "", source)
    _check(root, [])
    return "".join(root.itertext())


def _check(element: ElementTree.Element, around: list[str]) -> None:
    tag, attributes = element.tag, element.attrib
    assert tag in {"b", "i", "u", "s", "code", "pre", "a", "blockquote"}
    assert tag not in around or tag in "bius"
    assert "code" not in around
    if "pre" in around:
        assert (around[-1], tag) == ("pre", "code")
        assert re.fullmatch(r"language-\S+", attributes.pop("class"))
        assert not element.tail
    if tag == "a":
        assert "code" not in {inner.tag for inner in element.iter()}
        assert URL.fullmatch(attributes.pop("href"))
    assert not attributes
    assert tag != "pre" or not (len(element) and element.text)
    for inner in element:
        _check(inner, [*around, tag])


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def letters(texts: list[str]) -> str:
    return "".join(char for text in texts for char in text if char.isalnum())


def accepted(sent: list[str], limit: int = 4096) -> list[str]:
    """What is shown of messages that Telegram accepts."""
    texts = [shown(message) for message in sent]
    assert all(text.strip() for text in texts)
    assert max(map(units, texts), default=0) <= limit
    return texts


@pytest.mark.parametrize(("markdown", "blocks"), BLOCKS.values(), ids=BLOCKS)
def test_each_construct_becomes_telegrams_html(markdown: str, blocks: list[str]) -> None:
    assert to_html(markdown) == blocks
    assert accepted(messages(markdown)) == (["\n\n".join(map(shown, blocks))] if blocks else [])


@settings(max_examples=300, deadline=None)
@given(free_text | markdown_like, LIMITS)
def test_any_text_is_accepted_and_no_letter_gets_lost(markdown: str, limit: int) -> None:
    blocks = [shown(block) for block in to_html(markdown)]
    texts = accepted(messages(markdown, before="<b>A</b>", after="<i>Z</i>", limit=limit), limit)
    assert letters(texts) == letters(["A", *blocks, "Z"])


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(categories=["L", "Nd"]) | st.sampled_from(" .,?\n"), max_size=300), LIMITS)
def test_prose_keeps_all_its_letters(prose: str, limit: int) -> None:
    assert letters(accepted(messages(prose, limit=limit), limit)) == letters([prose])


@settings(max_examples=100, deadline=None)
@given(markdown_like)
def test_the_plain_form_has_the_same_letters_and_no_markup(markdown: str) -> None:
    for message in messages(markdown):
        assert plain(message, limit=0) == shown(message)
        assert visible_length(message) == units(shown(message))


def test_before_and_after_stand_around_the_answer() -> None:
    assert messages("a\n\nb", before="<b>Q?</b>", after="<i>§ 1</i>") == ["<b>Q?</b>\n\na\n\nb\n\n<i>§ 1</i>"]


@pytest.mark.parametrize("nothing", ["", " \n ", "&nbsp;", "[r]: http://e.org", "![](x.png)"])
def test_an_answer_without_anything_visible_leaves_what_is_around_it(nothing: str) -> None:
    assert messages(nothing) == []
    assert messages(nothing, before="<b>Q?</b>") == ["<b>Q?</b>"]
    assert messages(nothing, before="<b>Q?</b>", after="§") == ["<b>Q?</b>\n\n§"]
    assert messages(nothing, before="<b> </b>", after="") == []


def test_messages_end_where_paragraphs_end() -> None:
    paragraphs = [letter * 40 for letter in "abcde"]
    sent = messages("\n\n".join(paragraphs), limit=100)
    assert sent == ["\n\n".join(paragraphs[:2]), "\n\n".join(paragraphs[2:4]), paragraphs[4]]


def test_a_message_may_be_exactly_full() -> None:
    assert len(messages("a" * 30 + "\n\n" + "&" * 28, limit=60)) == 1
    assert len(messages("a" * 30 + "\n\n" + "&" * 29, limit=60)) == 2


def test_a_long_block_is_split_at_lines_then_spaces_then_anywhere() -> None:
    assert messages("a " * 25 + "a\n" + "b b " * 5, limit=60) == ["a " * 25 + "a", "b b " * 4 + "b b"]
    assert messages("word " * 20, limit=62) == ["word " * 11 + "word", "word " * 7 + "word"]
    assert messages("x" * 130, limit=60) == ["x" * 60, "x" * 60, "x" * 10]
    assert messages("😀" * 70, limit=61) == ["😀" * 30, "😀" * 30, "😀" * 10]
    assert messages("&" * 70, limit=60) == ["&amp;" * 60, "&amp;" * 10]


def test_a_long_block_fills_up_the_message_before_it() -> None:
    assert messages("a\n\n" + "x" * 130, limit=60) == ["a\n\n" + "x" * 57, "x" * 60, "x" * 13]
    assert messages("a" * 45 + "\n\n" + "x" * 70, limit=60) == ["a" * 45, "x" * 60, "x" * 10]


def test_a_very_long_cell_does_not_widen_its_column_everywhere() -> None:
    (table,) = to_html(f"|a|b|\n|-|-|\n|{'x' * 50}|c|")
    assert table == f"<pre>{'a'.ljust(32)} | b\n{'-' * 32}-+--\n{'x' * 50} | c</pre>"


def test_a_break_too_early_does_not_leave_a_message_nearly_empty() -> None:
    assert messages("a " + "b" * 100, limit=60) == ["a " + "b" * 58, "b" * 42]


def test_tags_are_closed_and_opened_again_around_a_split() -> None:
    assert messages(f"**[{'x' * 70}](http://e.org)**", limit=60) == [
        f'<b><a href="http://e.org">{"x" * 60}</a></b>',
        f'<b><a href="http://e.org">{"x" * 10}</a></b>',
    ]


def test_long_code_follows_its_title_and_stays_code_with_its_indents() -> None:
    code = "\n".join(f"    line {n}: if a < b and c: 😀".ljust(60) for n in range(500))[:30_000]
    sent = messages(f"```python\n{code}\n```", before="<b>Q?</b>")
    assert len(sent) == 8
    assert sent[0].startswith('<b>Q?</b>\n\n<pre><code class="language-python">    line 0')
    assert all(message.startswith('<pre><code class="language-python">    line ') for message in sent[1:])
    assert "\n".join(accepted(sent)) == f"Q?\n\n{code}"


def test_blank_lines_by_the_thousand_make_no_empty_message() -> None:
    sent = messages("```\na" + "\n" * 9000 + "b\n```")
    assert letters(accepted(sent)) == "ab"
    assert len(sent) == 2


def test_chinese_is_shown_whole() -> None:
    markdown = (
        "# 作业几号交？\n\n**第三次作业**周五 23:59 截止，见[课程主页](https://e.org/课程)。\n\n"
        + "请按时提交，迟交扣分。" * 600
    )
    texts = accepted(messages(markdown, before="<b>问：什么时候交？</b>"))
    assert len(texts) == 2
    assert texts[0].startswith("问：什么时候交？\n\n作业几号交？\n\n第三次作业周五 23:59 截止，见课程主页。\n\n请按时")
    assert "".join(texts).endswith("请按时提交，迟交扣分。" * 600)


@pytest.mark.parametrize(
    "markdown",
    [
        ">" * 32_000 + "x",
        "- " * 16_000 + "x",
        "- " * 100 + "x\n" * 16_000,
        "[" * 32_000 + "x",
        "![" * 5000 + "x" + "](u)" * 5000,
        "*" * 16_000 + "x" + "*" * 16_000,
        "<" * 32_000 + "x",
        "|x" * 400 + "\n" + "|-" * 400 + "\n" + "x\n" * 15_000,
    ],
    ids=["quotes", "bullets", "lazy lines", "brackets", "images", "stars", "angles", "cells"],
)
def test_absurd_markdown_is_shown_all_the_same(markdown: str) -> None:
    began = time.process_time()
    texts = accepted(messages(markdown))
    assert letters(texts).startswith("x")
    assert len(texts) <= 100
    assert time.process_time() - began < 20


def test_quotes_nested_deeper_than_parsers_usually_go_are_not_dropped() -> None:
    assert messages(">" * 60 + " x") == ["<blockquote>x</blockquote>"]


def test_plain_spells_out_links_and_decodes_entities() -> None:
    (message,) = messages("**a** [t](http://e.org/?a&b) <http://e.org> <a@b.c> `x<y` &copy;")
    assert plain(message) == "a t (http://e.org/?a&b) http://e.org a@b.c x<y ©"


def test_plain_leaves_addresses_out_where_they_would_not_fit() -> None:
    (message,) = messages("[t](http://e.org) " * 300)
    assert plain(message) == ("t " * 300).strip()
