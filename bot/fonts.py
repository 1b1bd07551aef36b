"""Fonts for pictures: DejaVu Sans comes with the library; Chinese needs one that the machine has."""

from collections.abc import Sequence

from matplotlib.font_manager import fontManager

USUAL = "DejaVu Sans"
CHINESE = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "Noto Serif CJK SC"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Microsoft YaHei", "SimHei"),
    *("PingFang SC", "Heiti SC"),
)


def chinese_font(fonts: Sequence[str] = CHINESE) -> str | None:
    """Return the first of the fonts that this machine has, None if it has none."""
    known = set(fontManager.get_font_names())
    return next((name for name in fonts if name in known), None)


def families(fonts: Sequence[str] = CHINESE) -> list[str]:
    """Return the fonts to draw with, in their order."""
    chinese = chinese_font(fonts)
    return [USUAL, *([chinese] if chinese else [])]
