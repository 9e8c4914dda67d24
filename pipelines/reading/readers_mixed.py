"""Text in two encodings: UTF-8 in some lines and GB18030 in others, as files put together from two exports are."""

import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pipelines.reading.cancel import check
from pipelines.reading.readers_csv import CHUNK, LONGEST_LINE
from pipelines.reading.readers_errors import EncodingsMixed

_CHARACTER = rb"[\xe3-\xe9][\x80-\xbf]{2}"  # a Chinese character as UTF-8 writes it
# So many in a row are UTF-8 for sure: GB18030 hardly ever writes these bytes.
_UTF8_SURE = 4
_UTF8_RUN = b"LTT" * _UTF8_SURE
# First and later bytes of such a character to L and T: found so in a tenth of the time that a pattern takes.
_CLASSES = bytes(76 if 0xE3 <= byte <= 0xE9 else 84 if 0x80 <= byte <= 0xBF else 46 for byte in range(256))
_UTF8_WITHIN = re.compile(rb"(?:%b){3}" % _CHARACTER)
# Two common characters in a row; one alone may be an accent and the letter behind it.
_GB_RUN = re.compile(rb"(?:[\xb0-\xf7][\xa1-\xfe]){2}")
_LOOKED_EVERY = 100_000  # lines between two looks at whether to stop

# What a line can be: plain, surely one of the two, of either, not UTF-8, neither, both in one line.
_ASCII, _UTF8, _GB, _EITHER, _NOT_UTF8, _BROKEN, _BOTH = range(7)
_NAMES = {_UTF8: "UTF-8", _GB: "GB18030"}


@dataclass(frozen=True)
class Mixed:
    """The encoding of every line (`kinds`), the names in the order they occur, and the line of the first change."""

    kinds: bytes
    names: tuple[str, str]
    line: int


def mixed_lines(path: Path, name: str) -> Mixed | None:
    """How the lines of a text are encoded that is not all UTF-8, or None where they are not of two encodings.

    Raises EncodingsMixed where a line cannot be told.
    """
    if not _may_hold_utf8(path):
        return None
    kinds = bytearray()
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE):
            if len(kinds) % _LOOKED_EVERY == 0:
                check()
            kinds.append(_ASCII if line.isascii() else _kind(line))
    if not {_UTF8, _GB} <= set(kinds):
        return None
    if (place := kinds.find(_BOTH)) >= 0:
        raise EncodingsMixed(name, place + 1)
    _settle(kinds, name)
    first = next(kind for kind in kinds if kind != _ASCII)
    other = _GB if first == _UTF8 else _UTF8
    return Mixed(bytes(kinds), (_NAMES[first], _NAMES[other]), kinds.index(other) + 1)


def _may_hold_utf8(path: Path) -> bool:
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            check()
            classes = before + chunk.translate(_CLASSES)
            if _UTF8_RUN in classes:
                return True
            before = classes[1 - len(_UTF8_RUN) :]
    return False


def _kind(line: bytes) -> int:
    as_gb = _decoded(line, "gb18030") is not None
    if (text := _decoded(line, "utf-8")) is not None:
        return _UTF8 if not as_gb or sum(c > "\u07ff" for c in text) >= _UTF8_SURE else _EITHER
    if not as_gb:
        return _BOTH if _GB_RUN.search(_UTF8_WITHIN.sub(b"", line)) and _UTF8_WITHIN.search(line) else _BROKEN
    text = line.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    if lost <= sum(c > "\u07ff" for c in text) - lost:
        return _BROKEN  # UTF-8 that was cut or damaged
    if _UTF8_WITHIN.search(line):
        return _BOTH
    return _GB if _GB_RUN.search(line) else _NOT_UTF8


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _settle(kinds: bytearray, name: str) -> None:
    """Give the lines that are not sure the encoding of the sure ones around them. Raises EncodingsMixed."""
    runs = [(sure, len(list(lines))) for sure, lines in groupby(kinds, key=lambda k: k if k in (_UTF8, _GB) else None)]
    start = 0
    for place, (sure, length) in enumerate(runs):
        if sure is None:
            before = runs[place - 1][0] if place else runs[place + 1][0]
            after = runs[place + 1][0] if place + 1 < len(runs) else before
            for line in range(start, start + length):
                if kinds[line] == _EITHER and before != after:
                    raise EncodingsMixed(name, line + 1)
                if kinds[line] != _ASCII:
                    kinds[line] = (_GB if kinds[line] == _NOT_UTF8 and before != after else before) or _UTF8
        start += length


def write_as_utf8(path: Path, mixed: Mixed, target: Path) -> int:
    """Write the file as UTF-8 with plain newlines; how many characters could not be read and became U+FFFD."""
    lost = 0
    with path.open("rb") as source, target.open("w", encoding="utf-8", newline="\n") as out:
        for kind in mixed.kinds:
            text = source.readline(LONGEST_LINE).decode("gb18030" if kind == _GB else "utf-8", "replace")
            lost += text.count("\ufffd")
            # The second part may begin with a mark of its own.
            out.write(text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    return lost
