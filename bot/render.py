"""Show an answer, Markdown that a teacher wrote, in Telegram: as its HTML, in messages that it accepts."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from rich.cells import cell_len, set_cell_size

GAP = "\n\n"
WIDEST_COLUMN = 32  # cells; a longer cell sticks out instead of padding all the others
TAG = re.compile(r"<[^>]*>")
ATOM = re.compile(r"<[^>]*>|&#?\w+;|.", re.DOTALL)
ANCHOR = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
LINKABLE = re.compile(r"https?://|mailto:|tg://", re.IGNORECASE)
LANGUAGE = re.compile(r"[\w+#.-]{1,32}")
# Code and quotes keep their lines as they are; the indent has an end because Markdown's nesting has none.
INDENTED = re.compile(r"<(pre|blockquote)>.*?</\1>|\n(?! {16}|<pre>|<blockquote>)", re.DOTALL)
UNSENDABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp"}
BLANKS = "\u2800\u3164\ufffc"  # letters and symbols by category, yet Telegram takes them for spaces


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        """Read every link as one, so that an unwanted one leaves its text, not its source."""
        return True


# Nesting is bounded by Python's stack (see to_html), because markdown-it drops what is beyond its own bound.
PARSER = _Markdown("commonmark", {"html": False, "maxNesting": 1_000_000}).enable(["strikethrough", "table"])


def to_html(markdown: str) -> list[str]:
    """Render each top-level block as HTML that is valid on its own; blocks that show nothing are left out."""
    try:
        blocks = [_render(node) for node in SyntaxTreeNode(PARSER.parse(markdown)).children]
    except RecursionError:  # nested hundreds deep: no formatting that anybody meant
        blocks = [_escape(markdown)]
    return [block for block in blocks if _shows(block)]


def messages(markdown: str, *, before: str = "", after: str = "", limit: int = 4096) -> list[str]:
    """Fill messages of at most `limit` UTF-16 code units of text; `before` and `after` are HTML blocks around it."""
    sent: list[str] = []
    around = [UNSENDABLE.sub(" ", block) for block in (before, after)]
    for block in filter(_shows, [around[0], *to_html(markdown), around[1]]):
        size = visible_length(block)
        room = limit - visible_length(sent[-1] + GAP) if sent else -1
        # What has to be split anyway follows at once, so that a title does not stand alone above long code.
        fits = room >= (size if size <= limit else max(2, limit // 4))
        pieces = _split(block, room if fits else limit, limit)
        if fits:
            sent[-1] += GAP + next(pieces)
        sent += pieces
    return sent


def plain(html_text: str, *, limit: int = 4096) -> str:
    """Say the same without formatting, with the links' addresses unless they make it longer than `limit`."""
    spelled = _text(ANCHOR.sub(_spell_out, html_text))
    return spelled if _units(spelled) <= limit else _text(html_text)


def visible_length(html_text: str) -> int:
    """Count as Telegram does: UTF-16 code units, after entity parsing."""
    return _units(_text(html_text))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _text(html_text: str) -> str:
    return html.unescape(TAG.sub("", html_text))


def _shows(html_text: str) -> bool:
    return any(unicodedata.category(char) not in INVISIBLE and char not in BLANKS for char in _text(html_text))


def _spell_out(link: re.Match[str]) -> str:
    url, text = link.groups()
    return text if _text(text) == html.unescape(url).removeprefix("mailto:") else f"{text} ({url})"


def _escape(text: str) -> str:
    return html.escape(UNSENDABLE.sub(" ", text), quote=False)


def _without(tags: str, html_text: str) -> str:
    """Drop tags that Telegram refuses here; text cannot be taken for tags, being escaped."""
    return re.sub(rf"</?(?:{tags})\b[^>]*>", "", html_text)


def _split(rest: str, room: int, limit: int) -> Iterator[str]:
    """Cut HTML into pieces of at most `room`, then `limit`, each valid on its own and showing something."""
    while cut := _cut(rest, room):
        head, tail = rest[:cut], rest[cut:]
        opened = _opened(head)
        if _shows(head):
            yield head + "".join(f"</{tag[1:-1].split()[0]}>" for tag in reversed(opened))
            room = limit
        rest = "".join(opened) + (tail[1:] if tail[0] in "\n " else tail)
    if _shows(rest):
        yield rest


def _cut(html_text: str, room: int) -> int:
    """Find where to cut off at most `room`: a line's end, a space, or anywhere; 0 where all of it fits."""
    left = room = max(room, 2)  # any character fits, so every cut gets further
    ends = {"\n": 0, " ": 0}
    for atom in ATOM.finditer(html_text):
        # An end in the first quarter would leave a message nearly empty.
        if atom[0] in ends and left <= room * 3 // 4:
            ends[atom[0]] = atom.start()
        left -= visible_length(atom[0])
        if left < 0:
            return ends["\n"] or ends[" "] or atom.start()
    return 0


def _opened(html_text: str) -> list[str]:
    opened: list[str] = []
    for tag in TAG.findall(html_text):
        if not tag.startswith("</"):
            opened.append(tag)
        elif opened:
            opened.pop()
    return opened


def _render(node: SyntaxTreeNode) -> str:
    return RENDERERS.get(node.type, _children)(node)


def _children(node: SyntaxTreeNode) -> str:
    return "".join(map(_render, node.children))


def _tagged(tag: str) -> Callable[[SyntaxTreeNode], str]:
    return lambda node: f"<{tag}>{_children(node)}</{tag}>"


def _inline_code(node: SyntaxTreeNode) -> str:
    return f"<code>{_escape(node.content)}</code>"


def _code(node: SyntaxTreeNode) -> str:
    code = _escape(node.content.rstrip("\n"))
    language = LANGUAGE.match(node.info.strip())
    return f'<pre><code class="language-{language[0]}">{code}</code></pre>' if language else f"<pre>{code}</pre>"


def _link(node: SyntaxTreeNode) -> str:
    """Render a link or an image; in a link Telegram keeps neither another nor code."""
    url = str(node.attrs.get("href") or node.attrs.get("src", ""))
    text = _without("a|code", _children(node))
    if not LINKABLE.match(url):
        return text
    return f'<a href="{html.escape(url)}">{text if _shows(text) else _escape(url)}</a>'


def _quote(node: SyntaxTreeNode) -> str:
    return f"<blockquote>{_without('blockquote', GAP.join(map(_render, node.children)))}</blockquote>"


def _list(node: SyntaxTreeNode) -> str:
    if node.type == "bullet_list":
        return "\n".join(_item("• ", item) for item in node.children)
    first = int(node.attrs.get("start", 1))
    return "\n".join(_item(f"{number}. ", item) for number, item in enumerate(node.children, first))


def _item(marker: str, item: SyntaxTreeNode) -> str:
    lines = INDENTED.sub(lambda found: found[0] if found[1] else "\n  ", "\n".join(map(_render, item.children)))
    return marker + lines


def _table(node: SyntaxTreeNode) -> str:
    rows = [[_cell(cell) for cell in row.children] for part in node.children for row in part.children]
    widths = [min(max(map(cell_len, column)), WIDEST_COLUMN) for column in zip(*rows, strict=True)]
    lines = [" | ".join(map(_padded, row, widths)).rstrip() for row in rows]
    lines.insert(1, "-+-".join("-" * width for width in widths))
    text = "\n".join(lines)
    return f"<pre>{_escape(text)}</pre>"


def _cell(node: SyntaxTreeNode) -> str:
    return " ".join(plain(_children(node)).split())


def _padded(cell: str, width: int) -> str:
    return cell if cell_len(cell) >= width else set_cell_size(cell, width)


RENDERERS: dict[str, Callable[[SyntaxTreeNode], str]] = {
    "text": lambda node: _escape(node.content),
    "softbreak": lambda _: "\n",
    "hardbreak": lambda _: "\n",
    "hr": lambda _: "———",
    "strong": _tagged("b"),
    "em": _tagged("i"),
    "s": _tagged("s"),
    "heading": _tagged("b"),
    "code_inline": _inline_code,
    "code_block": _code,
    "fence": _code,
    "link": _link,
    "image": _link,
    "blockquote": _quote,
    "bullet_list": _list,
    "ordered_list": _list,
    "table": _table,
}
