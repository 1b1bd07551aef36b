"""HTML from other programs as the Markdown that answers are written in: nothing of it runs, no picture is fetched."""

import warnings
from html.parser import HTMLParser

from bs4 import BeautifulSoup
from markdownify import MarkdownConverter

from data.spreadsheets import MAX_CHARS

MAX_DEEP = 100  # tags in each other
MAX_HTML_CHARS = 2 * MAX_CHARS  # a cell and its tags
_NOT_READ = ("script", "style", "head", "iframe", "object", "embed", "svg", "audio", "video")
_VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"))
_APART = ("address", "blockquote", "br", "dd", "div", "dt", "h1", "h2", "h3", "h4", "li", "p", "pre", "td", "th", "tr")


def as_markdown(html: str) -> str:
    """Return the text as Markdown; a picture becomes its description, a link to what is no web page its text.

    Raises ValueError if it is too long, or too many tags stand in each other.
    """
    soup = _soup(html)
    for link in soup.find_all("a"):
        if not str(link.get("href") or "").startswith(("https://", "http://", "mailto:")):
            link.unwrap()
    return str(MarkdownConverter(heading_style="ATX", bullets="-").convert_soup(soup)).strip()


def as_line(html: str) -> str:
    """Return the text as one line without marks, for a question or a heading. Raises ValueError as `as_markdown`."""
    soup = _soup(html)
    for tag in soup.find_all(_APART):
        tag.insert_after(" ")
    return " ".join(soup.get_text().split())


def _soup(html: str) -> BeautifulSoup:
    if len(html) > MAX_HTML_CHARS:
        raise ValueError(f"the HTML is longer than {MAX_HTML_CHARS:,} characters")
    if html.count("<") - html.count(">") > MAX_DEEP:  # the parser would look for the end of each to the end of the text
        raise ValueError("the HTML has tags without a '>'")
    depth = _Depth()
    depth.feed(html)  # before the tree is built, which takes long where it is deep
    if depth.most > MAX_DEEP:
        raise ValueError(f"the HTML has more than {MAX_DEEP} tags in each other; are they closed?")
    with warnings.catch_warnings(action="ignore"):  # of a text that is a link, which it would not follow anyway
        soup = BeautifulSoup(html, "html.parser")
    for tag in soup.find_all(_NOT_READ):
        tag.extract()
    for picture in soup.find_all("img"):
        picture.replace_with(str(picture.get("alt") or ""))
    return soup


class _Depth(HTMLParser):
    """Counts how many tags stand open at once, at most; those that are closed in another order count too."""

    now = most = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count a tag that is opened."""
        self.now += tag not in _VOID
        self.most = max(self.most, self.now)

    def handle_endtag(self, tag: str) -> None:
        """Count a tag that is closed."""
        self.now -= tag not in _VOID and self.now > 0

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Leave out a tag that closes itself."""
