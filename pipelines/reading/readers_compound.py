"""Compound files (xls) looked over before a library opens them: their chains of sectors, and how far out cells lie.

The library follows every chain the file states, so that one which turns in a circle would fill the memory.
"""

import struct
from collections.abc import Callable, Iterator, Sequence

from pipelines.reading.readers_bounds import CELLS
from pipelines.reading.readers_errors import BrokenWorkbook, TooLarge

_NO_SECTOR = 0xFFFFFFFA  # numbers from here on mark ends and free places
_SIZES = {9: 512, 12: 4096}  # bytes of a sector by the header's word for it
_SMALL = 64  # bytes of a sector of the short streams
# blank, number, label, bool or error, rk, label from the table of texts, formula
_CELL_RECORDS = frozenset({0x0201, 0x0203, 0x0204, 0x0205, 0x027E, 0x00FD, 0x0006, 0x0406})


class _Broken(ValueError):
    """A chain leaves the file or comes back to where it was."""


def check_compound(data: bytes, name: str) -> None:
    """Refuse an xls whose chains are damaged or whose cells lie too far apart. Raises BrokenWorkbook, TooLarge.

    Every record that could be a cell counts, wherever in the file it stands: the records of one sheet are not told
    from another's, which only matters for files far larger than the format allows.
    """
    height = width = 0
    try:
        for stream in _streams(data):
            at, end = 0, len(stream)
            while at + 8 <= end:
                kind, size, row, column = struct.unpack_from("<HHHH", stream, at)
                if kind in _CELL_RECORDS and size >= 6:
                    height, width = max(height, row + 1), max(width, column + 1)
                at += 4 + size
    except (_Broken, struct.error, KeyError):
        raise BrokenWorkbook(name) from None
    if height * width > CELLS:
        raise TooLarge(name)


def _streams(data: bytes) -> Iterator[bytes]:
    """The streams of a compound file, each put together from its chain of sectors. Raises _Broken."""
    size = _SIZES[struct.unpack_from("<H", data, 30)[0]]

    def sector(number: int) -> bytes:
        found = data[(number + 1) * size : (number + 2) * size]
        if not found:
            raise _Broken
        return found

    tables = _numbers(data[76:512])
    further, seen = struct.unpack_from("<I", data, 68)[0], set[int]()
    while further < _NO_SECTOR:  # the list of tables goes on in sectors of its own, the next one named at the end
        if further in seen:
            raise _Broken
        seen.add(further)
        *more, further = _numbers(sector(further))
        tables += more
    following = _numbers(b"".join(sector(number) for number in tables if number < _NO_SECTOR))
    entries = _stream(struct.unpack_from("<I", data, 48)[0], following, sector)
    folder = [
        (entries[at + 66], *struct.unpack_from("<II", entries, at + 116)) for at in range(0, len(entries) - 127, 128)
    ]
    cutoff, first_small = struct.unpack_from("<II", data, 56)
    small = next((_stream(first, following, sector) for kind, first, length in folder if kind == 5 and length), b"")
    following_small = _numbers(_stream(first_small, following, sector)) if small else []

    def small_sector(number: int) -> bytes:
        if number * _SMALL >= len(small):
            raise _Broken
        return small[number * _SMALL : (number + 1) * _SMALL]

    for kind, first, length in folder:
        if length > len(data):
            raise _Broken
        if kind == 2 and length:
            long = length >= cutoff
            yield _stream(first, following if long else following_small, sector if long else small_sector)[:length]


def _stream(first: int, following: Sequence[int], sector: Callable[[int], bytes]) -> bytes:
    """The sectors from the first one to the end of its chain."""
    parts, seen, number = [], set[int](), first
    while number < _NO_SECTOR:
        if number in seen or number >= len(following):
            raise _Broken
        seen.add(number)
        parts.append(sector(number))
        number = following[number]
    return b"".join(parts)


def _numbers(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))
