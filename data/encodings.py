"""Text files as people have them: UTF-8, UTF-16 as spreadsheets write “Unicode Text”, GB18030 as Chinese ones do CSV.

What a file says of itself comes first (its byte order mark), then UTF-8, which hardly any other text is by chance.
Nearly all bytes are some text in GB18030, so that it is only taken where what comes out reads like Chinese.
"""

import codecs
from dataclasses import dataclass
from pathlib import Path

from data.errors import Refused

MAX_FILE_BYTES = 128 * 1024 * 1024
# The commonest characters of Chinese: over a quarter of any text in it.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    "十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形"
    "相全表间样与关各重新线内数正心反你明看原又么利比或但质什怎何请谁吗呢问答课程"
)
_ADVICE = "in a spreadsheet, choose “CSV UTF-8” when saving"


@dataclass(frozen=True, slots=True)
class Text:
    """What stands in a file, and the name of the encoding that it was read in."""

    content: str
    encoding: str


def read_text(path: Path) -> Text:
    """Read a text file. Raises Refused if it is missing, too large, or in none of the encodings."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise Refused([f"{path}: larger than {MAX_FILE_BYTES // 2**20} MiB; split it"])
        raw = path.read_bytes()
    except OSError as error:
        raise Refused([f"{path}: cannot be read ({error.strerror})"]) from error
    try:
        text = decode(raw)
    except ValueError as error:
        raise Refused([f"{path}: {error}"]) from error
    if "\0" in text.content:
        raise Refused([f"{path}: holds NUL bytes, so it is no text file in UTF-8; save it as UTF-8"])
    return text


def decode(raw: bytes) -> Text:
    """Return the text that the bytes are. Raises ValueError, which says what to do, if they are none that is known."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return Text(raw.decode("utf-16"), "UTF-16")
        except UnicodeDecodeError as error:
            raise ValueError("begins as UTF-16 and does not go on so; save the file as UTF-8") from error
    try:
        marked = raw.startswith(codecs.BOM_UTF8)
        return Text(raw.decode("utf-8-sig"), "UTF-8 with a byte order mark" if marked else "UTF-8")
    except UnicodeDecodeError as error:
        chinese = _chinese(raw)
        if chinese is not None:
            return Text(chinese, "GB18030")
        line = raw[: error.start].count(b"\n") + 1
        raise ValueError(f"line {line} is not UTF-8; save the file as UTF-8 ({_ADVICE})") from error


def _chinese(raw: bytes) -> str | None:
    """Return the bytes as GB18030 if that is what they are, else None.

    All of them must be valid; nearly all that is not ASCII must be simplified characters and their punctuation, as
    hardly any of Latin, Cyrillic or Japanese text is when it is misread; and the commonest characters must be among
    them, which Korean misread does not have.
    """
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return None
    foreign = [character for character in text if not character.isascii()]
    written = [character for character in foreign if "\u4e00" <= character <= "\u9fff"]
    simplified = sum(map(_is_simplified, foreign))
    common = sum(character in _COMMON for character in written)
    return text if simplified >= 0.95 * len(foreign) and common >= 0.1 * len(written) > 0 else None


def _is_simplified(character: str) -> bool:
    """Say whether this is a common simplified character (GB 2312, first level), punctuation or a full-width letter."""
    try:
        raw = character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return 0xB0 <= raw[0] <= 0xD7 or 0xA1 <= raw[0] <= 0xA3
