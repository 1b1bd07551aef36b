"""The picture of progress is a PNG of a phone's shape, in Chinese too where the machine has a font for it."""

import struct
import warnings

import pytest
from catalogues import EN, ZH

from bot.fonts import chinese_font
from bot.progress_picture import picture
from bot.texts import Texts
from data.practice import Verdict
from data.progress import Progress, Topic

DAYS: tuple[tuple[str, dict[Verdict, int]], ...] = tuple(
    (f"2026-06-{day:02}", {"right": day % 4, "partly": day % 3, "not yet": day % 2}) for day in range(1, 15)
)
TOPICS = (
    Topic("Regularisation and early stopping", 9, 1, 1, 3),
    Topic("迁移学习基础", 12, 4, 0, 1),
    Topic("", 4, 2, 0, 0),
)
FULL = Progress(25, TOPICS, DAYS, (3, 1, 0, 4, 0, 0, 2, 1))


def drawn(progress: Progress, texts: Texts, *fonts: str) -> tuple[int, int]:
    """Draw without a warning, such as of a letter that no font has; return the size in pixels."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        content = picture(progress, texts, *([fonts] if fonts else []))
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def test_it_has_the_shape_of_a_phone() -> None:
    width, height = drawn(FULL, EN)
    assert 800 <= width <= 1200
    assert 1.0 < height / width < 2.0


def test_topics_beyond_what_can_be_read_are_left_out() -> None:
    many = tuple(Topic(f"Topic {i}", 3, i % 2, 1, 1) for i in range(40))
    width, height = drawn(Progress(120, many, DAYS, (0,) * 8), EN)
    assert height / width < 2.0


@pytest.mark.parametrize("texts", [EN, ZH])
def test_no_letter_is_a_box_where_no_font_has_chinese(texts: Texts) -> None:
    drawn(FULL, texts, "No Such Font")


@pytest.mark.skipif(chinese_font() is None, reason="this machine has no Chinese font")
def test_chinese_is_written_where_a_font_has_it() -> None:
    drawn(FULL, ZH)
