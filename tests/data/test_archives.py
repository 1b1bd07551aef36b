"""A zip bomb is refused by its directory; what a spreadsheet program writes is not."""

import io
import zipfile
from zipfile import ZIP_DEFLATED, ZIP_STORED

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archives import LARGE_BYTES, MAX_MEMBERS, MAX_UNPACKED_BYTES, Unsafe, check_archive


def archive(*parts: tuple[str, bytes], compression: int = ZIP_DEFLATED) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as out:
        for name, content in parts:
            out.writestr(name, content)
    return file


def lying(size: int) -> io.BytesIO:
    """An archive whose directory announces so many bytes of a part that holds 10."""
    raw = bytearray(archive(("a", b"0123456789"), compression=ZIP_STORED).getvalue())
    entry = raw.index(b"PK\x01\x02")
    raw[entry + 24 : entry + 28] = size.to_bytes(4, "little")
    return io.BytesIO(bytes(raw))


def test_an_honest_archive_is_left_at_its_start() -> None:
    file = archive(("a", b"text " * 1000), ("b", b""))
    file.read()
    check_archive(file)
    assert file.tell() == 0


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (archive(("a", bytes(LARGE_BYTES + 1))), "100 times its size"),
        (archive(*((str(n), bytes(LARGE_BYTES // 4)) for n in range(5))), "100 times its size"),
        (archive(*((str(n), b"") for n in range(MAX_MEMBERS + 1))), "1,001 parts"),
        (lying(MAX_UNPACKED_BYTES + 1), "unpacks to 128 MiB, more than 128"),
        (lying(2**32 - 2), "unpacks to 4,095 MiB"),
        (io.BytesIO(b""), "no zip archive"),
        (io.BytesIO(b"question,answer\n"), "no zip archive"),
        (io.BytesIO(b"PK\x05\x06" + b"\xff" * 18), "no zip archive"),
    ],
)
def test_what_would_fill_the_memory_is_refused(file: io.BytesIO, reason: str) -> None:
    with pytest.raises(Unsafe, match=reason):
        check_archive(file)


def test_an_encrypted_archive_is_refused() -> None:
    raw = bytearray(archive(("a", b"secret")).getvalue())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(Unsafe, match="encrypted"):
        check_archive(io.BytesIO(bytes(raw)))


def test_a_directory_that_understates_gives_no_more_than_it_says() -> None:
    raw = archive(("a", bytes(10_000)), compression=ZIP_STORED).getvalue()
    small = raw.replace((10_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    check_archive(io.BytesIO(small))
    with zipfile.ZipFile(io.BytesIO(small)) as opened, pytest.raises(zipfile.BadZipFile):
        opened.read("a")


@given(cut=st.integers(0, 300), flip=st.lists(st.tuples(st.integers(0, 299), st.integers(1, 255)), max_size=8))
def test_whatever_is_wrong_with_an_archive_is_said(cut: int, flip: list[tuple[int, int]]) -> None:
    raw = bytearray(archive(("a", b"text"), ("b", b"x" * 200)).getvalue()[:cut])
    for at, mask in flip:
        if at < len(raw):
            raw[at] ^= mask
    try:
        check_archive(io.BytesIO(bytes(raw)))
    except Unsafe as refused:
        assert str(refused)
