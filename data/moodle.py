"""Moodle's XML: a glossary (a concept and its definition) or questions of a quiz, read as Q&A.

The XML is parsed by defusedxml; texts in HTML become Markdown.
"""

from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from data.encodings import MAX_FILE_BYTES
from data.errors import Refused
from data.html import as_line, as_markdown
from data.tables import Row, Table

_PLAIN = ("plain_text", "markdown", "2", "4")  # formats, of a quiz and of a glossary
_LINE = "line of the file"  # no attribute of XML has blanks in its name


def read(path: Path) -> Table:
    """Read a glossary or a quiz. Raises Refused if the file is neither, is too large or is no XML."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise Refused([f"{path}: larger than {MAX_FILE_BYTES // 2**20} MiB; split it"])
        root = _parsed(path.read_bytes())
    except OSError as error:
        raise Refused([f"{path}: cannot be read ({error.strerror})"]) from error
    except (ParseError, ValueError, LookupError) as error:
        if isinstance(error, Refused):
            raise
        what = "(it declares entities, which nobody needs)" if isinstance(error, DefusedXmlException) else f"({error})"
        raise Refused([f"{path}: cannot be read as XML {what}; export it anew"]) from error
    if root.tag == "GLOSSARY":
        return _glossary(root)
    if root.tag == "quiz":
        return _quiz(root)
    raise Refused([f"{path}: is neither a glossary nor a quiz of Moodle: its outermost element is {root.tag[:40]!r}"])


def _parsed(raw: bytes) -> Element:
    builder = _Lines()
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    builder.parser = parser
    parser.feed(raw)
    root: Element = parser.close()
    return root


class _Lines(TreeBuilder):
    """Builds the tree, with the line of the file on which each element begins."""

    parser: DefusedXMLParser

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        """Begin an element."""
        return super().start(tag, {**attrs, _LINE: str(self.parser.parser.CurrentLineNumber)})


def _quiz(root: Element) -> Table:
    section = ""
    rows: list[Row] = []
    refused: list[str] = []
    notes: list[str] = []
    for question in root.iter("question"):
        line, kind = int(question.get(_LINE, 0)), question.get("type", "")
        if kind == "category":
            section = (question.findtext("category/text") or "").rstrip("/").split("/")[-1].strip()
            continue
        try:
            asked, answer = _heading(question.find("questiontext")), _answer(question, kind)
        except ValueError as error:
            refused.append(f"line {line}: {error}")
            continue
        if answer:
            rows.append(Row(line, {"question": asked, "answer": answer, "section": section}))
        else:
            notes.append(f"line {line}: left out, for no answer stands there ({kind}): {asked[:60]}")
    return Table(tuple(rows), tuple(refused), tuple(notes))


def _answer(question: Element, kind: str) -> str:
    """Return what is right and the general feedback; "" for what has no one answer, as text with gaps in it."""
    if kind in ("cloze", "description"):
        return ""
    pairs = [(_heading(pair), _heading(pair.find("answer"))) for pair in question.iter("subquestion")]
    right = [f"{left} → {other}" for left, other in pairs if left and other]
    right += [_body(answer) for answer in question.findall("answer") if float(answer.get("fraction", 0)) > 0]
    kept = list(dict.fromkeys(filter(None, right)))
    told = kept[0] if len(kept) == 1 else "\n".join(f"- {' '.join(option.split())}" for option in kept)
    if kind == "truefalse":
        told = told.capitalize()
    return "\n\n".join(filter(None, [told, _body(question.find("generalfeedback"))]))


def _glossary(root: Element) -> Table:
    rows: list[Row] = []
    refused: list[str] = []
    for entry in root.iter("ENTRY"):
        line = int(entry.get(_LINE, 0))
        plain = entry.findtext("FORMAT", "1").strip() in _PLAIN
        definition = entry.findtext("DEFINITION") or ""
        aliases = [
            " ".join((name.text or "").split()).replace("|", "/") for name in entry.findall("ALIASES/ALIAS/NAME")
        ]
        try:
            cells = {
                "question": " ".join((entry.findtext("CONCEPT") or "").split()),
                "answer": definition.strip() if plain else as_markdown(definition),
                "alternates": "|".join(filter(None, aliases)),
                "section": (entry.findtext("CATEGORIES/CATEGORY/NAME") or "").strip(),
            }
        except ValueError as error:
            refused.append(f"line {line}: {error}")
            continue
        rows.append(Row(line, cells))
    return Table(tuple(rows), tuple(refused))


def _heading(element: Element | None) -> str:
    text, plain = _text(element)
    return " ".join(text.split()) if plain else as_line(text)


def _body(element: Element | None) -> str:
    text, plain = _text(element)
    return text.strip() if plain else as_markdown(text)


def _text(element: Element | None) -> tuple[str, bool]:
    """Return the text of an element and whether it is plain, or Markdown already."""
    if element is None:
        return "", True
    return element.findtext("text") or "", element.get("format", "html") in _PLAIN
