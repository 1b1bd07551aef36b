"""Both languages say everything, with the same gaps to fill."""

from dataclasses import asdict
from string import Formatter

import pytest
from catalogues import EN, ZH

from bot.texts import Texts, texts_for

MAX_NOTICE_CHARS = 200  # Telegram: of the answer to a button
MAX_COMMAND_CHARS = 256  # Telegram: of the description of a command


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def said(texts: Texts) -> dict[str, str]:
    """Every text by its name, those of a part as `part.name`."""
    every = asdict(texts).items()
    parts = {f"{name}.{key}": text for name, part in every if isinstance(part, dict) for key, text in part.items()}
    return {name: text for name, text in every if isinstance(text, str)} | parts


@pytest.mark.parametrize("name", said(EN))
def test_both_languages_say_the_same_with_the_same_gaps(name: str) -> None:
    english, chinese = said(EN)[name], said(ZH)[name]
    assert english.strip()
    assert chinese.strip()
    assert english != chinese
    assert gaps(english) == gaps(chinese)


@pytest.mark.parametrize("lang", ["zh", "zh-hans", "ZH-TW", "zh_CN"])
def test_chinese_has_its_catalogue(lang: str) -> None:
    assert texts_for(lang) is ZH


@pytest.mark.parametrize("lang", ["", "en", "en-GB", "de", "C"])
def test_everyone_else_reads_english(lang: str) -> None:
    assert texts_for(lang) is EN


@pytest.mark.parametrize("texts", [EN, ZH])
def test_short_texts_fit_where_telegram_shows_them(texts: Texts) -> None:
    catalogue = said(texts)
    assert all(len(catalogue[name]) <= MAX_NOTICE_CHARS for name in ("thanks", "sorry", "gone"))
    assert all(len(text) <= MAX_COMMAND_CHARS for name, text in catalogue.items() if name.startswith("command_"))
