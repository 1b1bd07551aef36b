"""Text is read in the encoding that people's programs wrote it in, and never in one that it only might be."""

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.encodings import decode, read_text
from data.errors import Refused

CHINESE = "question,answer\n什么是微调？,微调是在预训练模型上继续训练，使它适应新的任务。\nWhat is LoRA?,低秩适应。\n"
FOREIGN = {
    "latin-1": "Was heißt Übung? Ärger, Öl, größer, naïve, élève.",
    "cp1252": "Student’s “question” – what’s an élève?",
    "cp1251": "Что такое дообучение модели и зачем оно нужно?",
    "big5": "什麼是微調？微調是在預訓練模型上繼續訓練。",
    "euc_kr": "미세 조정이란 무엇입니까? 사전 학습된 모델을 계속 학습하는 것입니다.",
    "shift_jis": "微調整とは何ですか。事前学習したモデルを続けて学習することです。",
    "euc_jp": "微調整とは何ですか。事前学習したモデルを続けて学習することです。",
}


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (CHINESE.encode(), "UTF-8"),
        (codecs.BOM_UTF8 + CHINESE.encode(), "UTF-8 with a byte order mark"),
        (codecs.BOM_UTF16_LE + CHINESE.encode("utf-16-le"), "UTF-16"),
        (codecs.BOM_UTF16_BE + CHINESE.encode("utf-16-be"), "UTF-16"),
        (CHINESE.encode("gb18030"), "GB18030"),
        (CHINESE.encode("gbk"), "GB18030"),
    ],
)
def test_what_spreadsheets_write_is_read_and_named(raw: bytes, encoding: str) -> None:
    text = decode(raw)
    assert (text.content, text.encoding) == (CHINESE, encoding)


@pytest.mark.parametrize("encoding", FOREIGN)
def test_no_other_encoding_is_taken_for_chinese(encoding: str) -> None:
    with pytest.raises(ValueError, match="line 2 is not UTF-8; save the file as UTF-8"):
        decode(f"question,answer\n{FOREIGN[encoding]}\n".encode(encoding))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back_from_utf8_and_utf16(text: str) -> None:
    plain = text.removeprefix("\ufeff")
    assert decode(plain.encode()).content == plain.removeprefix("\ufeff")
    assert decode(text.encode("utf-16")).content == text


@given(st.binary())
def test_whatever_the_bytes_are_they_are_text_or_refused(raw: bytes) -> None:
    try:
        decode(raw)
    except ValueError as error:
        assert "save the file as UTF-8" in str(error)


def test_half_a_character_of_utf16_is_refused() -> None:
    with pytest.raises(ValueError, match="begins as UTF-16"):
        decode(codecs.BOM_UTF16_LE + b"a\0b")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a\0b")
    with pytest.raises(Refused, match="holds NUL bytes"):
        read_text(tmp_path / "a.csv")
    with pytest.raises(Refused, match="cannot be read"):
        read_text(tmp_path / "none.csv")
