"""A guard before a zip file is opened: a bomb is refused by what its directory says, before a byte is unpacked.

Python's zipfile never gives more bytes of a member than the directory announces, so that the directory can be trusted
as an upper bound.
"""

import zipfile
from typing import BinaryIO

MAX_MEMBERS = 1_000
MAX_UNPACKED_BYTES = 128 * 1024 * 1024
MAX_RATIO = 100  # unpacked to packed; asked of what is large
LARGE_BYTES = 8 * 1024 * 1024
_ENCRYPTED = 0x1


class Unsafe(ValueError):
    """A file that is not opened: what it would unpack to, or hold, is more than it may. The message ends a sentence."""


def check_archive(file: BinaryIO) -> None:
    """Raise Unsafe if this is no zip file, or one that would unpack to too much; leaves the file at its start."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except Exception as error:  # zipfile stumbles over what is damaged in many ways
        raise Unsafe("is no zip archive inside, or is damaged: save it anew") from error
    finally:
        file.seek(0)
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MAX_MEMBERS:
        raise Unsafe(f"holds {len(members):,} parts, more than {MAX_MEMBERS:,}")
    if unpacked > MAX_UNPACKED_BYTES:
        raise Unsafe(f"unpacks to {unpacked // 2**20:,} MiB, more than {MAX_UNPACKED_BYTES // 2**20}")
    if unpacked > LARGE_BYTES and unpacked > MAX_RATIO * packed:
        raise Unsafe(f"unpacks to more than {MAX_RATIO} times its size, as no honest file does")
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise Unsafe("is encrypted; save it without a password")
