"""Delimited text: encoding, delimiter, and its records with their line numbers."""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from pipelines.reading.cancel import check
from pipelines.reading.readers_codepages import WESTERN, code_page, letters_apart
from pipelines.reading.readers_csv import CHUNK, LONGEST_LINE, load_text, records, records_at
from pipelines.reading.readers_errors import BinaryFile, EmptyFile, LineTooLong
from pipelines.reading.readers_mixed import mixed_lines, write_as_utf8
from pipelines.reading.readers_raw import HEAD_ROWS, Cells, Raw, Types

_SAMPLE = 1 << 18  # bytes looked at to decide the encoding
_AS_UTF8 = "utf8.csv"
_UNQUOTED = "unquoted.csv"
_WHOLE = re.compile(r'"((?:[^"]|"")*)"')  # a line that is one quoted cell
_LOOKED_EVERY = 100_000  # lines between two looks at whether to stop
_STRAY = 0.05  # share of zero bytes from which a file is no text
_LEGACY = ("gb18030", "big5", "cp932", "cp949", "cp1252")
DELIMITERS = (",", ";", "\t", "|")

HeaderRank = Callable[[Cells], float]


@dataclass(frozen=True)
class TextFacts:
    """What one pass over the bytes tells about a text file; `lines` leaves out trailing blank lines."""

    newlines: int
    lines: int
    utf8: bool
    nuls: int
    lone_cr: bool
    absent: frozenset[str]
    chunks: tuple[int, ...]  # newlines in each chunk of the file


def open_text(path: Path, name: str, workdir: Path, rank_header: HeaderRank) -> Raw:
    """Open delimited text; `rank_header` says how much the cells of a record look like known headers.

    Raises EmptyFile, BinaryFile, EncodingsMixed or LineTooLong.
    """
    facts = scan(path)
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    if not sample.strip(b" \t\r\n\x00\xef\xbb\xbf,;"):
        raise EmptyFile(name)
    mixed = None if facts.utf8 or facts.nuls or facts.lone_cr else mixed_lines(path, name)
    encoding = " + ".join(mixed.names) if mixed else encoding_of(sample, facts, name, rank_header)
    undecodable, nuls = 0, 0 if encoding.startswith("utf-16") else facts.nuls
    if mixed:
        undecodable = write_as_utf8(path, mixed, workdir / _AS_UTF8)
        path = workdir / _AS_UTF8
        facts = scan(path)
    elif encoding != "utf-8" or facts.lone_cr or nuls or not facts.utf8:
        path, undecodable = _transcode(path, encoding, workdir)
        facts = scan(path)
    head = _head_lines(path, name)
    if _is_quoted_whole(head):
        path = _unquoted(path, workdir)
        facts, head = scan(path), _head_lines(path, name)
    delimiter = delimiter_of(head, name, rank_header)
    first = list(islice(records(iter(head), delimiter, name), HEAD_ROWS))

    def load(con: duckdb.DuckDBPyConnection, table: str, first_line: int, width: int, types: Types) -> None:
        load_text(con, table, path, name, facts.lines, delimiter, first_line, width, types)

    def pick(lines: Sequence[int]) -> list[tuple[int, Cells]]:
        return records_at(path, name, facts.chunks, delimiter, lines)

    return Raw(
        "csv",
        first,
        load,
        encoding=encoding,
        delimiter=delimiter,
        undecodable=undecodable,
        mixed_from=mixed.line if mixed else 0,
        is_page_sure=encoding != WESTERN or code_page(sample)[1],
        nuls=nuls,
        pick=pick,
        absent=facts.absent,
    )


def scan(path: Path) -> TextFacts:
    """Count lines and check the encoding in one pass, a chunk at a time."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    nuls = trailing = 0
    chunks: list[int] = []
    utf8 = ended = True
    has_cr = False
    absent = {"wide", "=", "E+"}
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            check()
            chunks.append(chunk.count(b"\n"))
            has_cr = has_cr or b"\r" in chunk
            nuls += chunk.count(b"\x00") if b"\x00" in chunk else 0
            if not chunk.isascii():
                absent.discard("wide")
            if utf8 and (not chunk.isascii() or decoder.getstate()[0]):
                utf8 = _decodes(decoder, chunk)
            if "=" in absent and b"=" in chunk:
                absent.discard("=")
            if "E+" in absent and b"+" in chunk:
                absent.discard("E+")
            rest = chunk.rstrip(b"\r\n \t")
            tail = chunk[len(rest) :].count(b"\n")
            trailing = tail if rest else trailing + tail
            ended = chunk.endswith(b"\n")
    newlines = sum(chunks)
    utf8 = utf8 and not decoder.getstate()[0]
    lines = newlines + (0 if ended else 1) - max(0, trailing - (1 if ended else 0))
    return TextFacts(newlines, lines, utf8, nuls, newlines == 0 and has_cr, frozenset(absent), tuple(chunks))


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def encoding_of(sample: bytes, facts: TextFacts, name: str, rank_header: HeaderRank) -> str:
    """The encoding: byte order mark, UTF-8 if valid, UTF-16 by its zero bytes, else the one that gives known headers.

    Raises BinaryFile when the bytes are not text.
    """
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if facts.nuls:
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        if max(even, odd) > 0.3 * len(sample) / 2 and min(even, odd) < 0.1 * max(even, odd):
            return "utf-16-le" if odd > even else "utf-16-be"
        if sample.count(0) > _STRAY * len(sample):
            raise BinaryFile(name)
        sample = sample.replace(b"\x00", b"")  # blanks of a mainframe's field in what is text otherwise
    control = len(sample) - len(sample.translate(None, bytes([*range(9), 11, *range(14, 32), 127])))
    if control > 0.01 * len(sample):
        raise BinaryFile(name)
    if facts.utf8:
        return "utf-8"
    if (text := _decoded(sample, "utf-8")) is not None and not text.isascii():
        return "utf-8"  # a few broken bytes further on
    if _is_damaged_utf8(sample):
        return "utf-8"
    if (apart := letters_apart(sample)) is not None:
        return apart
    if _stand_alone(sample):
        return code_page(sample)[0]
    fits = {e: text for e in _LEGACY if (text := _decoded(sample, e)) is not None}
    ranks = {
        e: max((_best_rank(line, rank_header) for line in text.splitlines()[:30]), default=0.0)
        for e, text in fits.items()
    }
    best = max(ranks.values(), default=0.0)
    winners = [e for e in fits if best > 0 and ranks[e] >= best - 1e-9]
    if len(winners) == 1:
        return code_page(sample)[0] if winners[0] == WESTERN else winners[0]
    from charset_normalizer import from_bytes

    guess = from_bytes(sample, cp_isolation=["gb18030", "big5", "cp932", "cp949", "cp1252"]).best()
    if guess and guess.encoding in (winners or fits):
        return code_page(sample)[0] if guess.encoding == WESTERN else guess.encoding
    if winners or fits:
        return (winners or list(fits))[0]
    raise BinaryFile(name)


def _is_damaged_utf8(sample: bytes) -> bool:
    """Whether far more characters can be read as UTF-8 than not; of another encoding hardly any could."""
    text = sample.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    return sum(character > "\u07ff" for character in text) - lost > 4 * lost


def _stand_alone(sample: bytes) -> bool:
    """Whether the bytes above ASCII stand alone between ASCII letters, as accents do, not in pairs as Chinese does.

    Of a Japanese pair the second byte may be ASCII; its first one is mostly of those that no European letter has.
    """
    runs = re.findall(rb"[\x80-\xff]+", sample)
    alone = [run for run in runs if len(run) == 1]
    letters = [run for run in alone if run >= b"\xa0" or run in (b"\x80", b"\x92", b"\x93", b"\x94", b"\x96")]
    return len(alone) > 0.85 * len(runs) and len(letters) > 0.5 * len(alone)


def _decoded(sample: bytes, encoding: str) -> str | None:
    """The sample as text; a character cut in two at its end is no fault."""
    for cut in range(4):
        try:
            return sample[: len(sample) - cut].decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(sample) - 8:
                return None
    return None


def _best_rank(line: str, rank_header: HeaderRank) -> float:
    return max(rank_header([cell.strip(' "') for cell in line.split(d)]) for d in DELIMITERS)


def _transcode(path: Path, encoding: str, workdir: Path) -> tuple[Path, int]:
    """Write the file as UTF-8 with plain newlines; bytes that are no character become U+FFFD, and are counted."""
    target, lost = workdir / _AS_UTF8, 0
    with (
        path.open("r", encoding=encoding, errors="replace", newline=None) as source,
        target.open("w", encoding="utf-8", newline="\n") as out,
    ):
        while text := source.read(CHUNK):
            check()
            lost += text.count("\ufffd")
            out.write(text.replace("\x00", ""))
    return target, lost


def _is_quoted_whole(head: Sequence[str]) -> bool:
    """Whether every line is quoted as a whole, so that its delimiters and quotes are those of a record within it."""
    lines = [line.strip() for line in head if line.strip()]
    inner = [found[1] for line in lines if (found := _WHOLE.fullmatch(line))]
    split = max((sum(text.count(delimiter) > 1 for text in inner) for delimiter in DELIMITERS), default=0)
    return 1 < len(lines) == len(inner) and 2 * split > len(lines)


def _unquoted(path: Path, workdir: Path) -> Path:
    """Write the file with the record that each line holds; a line that is not quoted as a whole stays as it is."""
    target = workdir / _UNQUOTED
    with (
        path.open(encoding="utf-8-sig", errors="replace", newline="") as source,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        for number, line in enumerate(source):
            if number % _LOOKED_EVERY == 0:
                check()
            found = _WHOLE.fullmatch(line.strip())
            out.write(found[1].replace('""', '"') + "\n" if found else line)
    return target


def _head_lines(path: Path, name: str) -> list[str]:
    """The first lines of a UTF-8 file, line ends kept."""
    lines: list[str] = []
    size = 0
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        while len(lines) < 2 * HEAD_ROWS and size < LONGEST_LINE:
            line = file.readline(LONGEST_LINE)
            if not line:
                break
            if len(line) >= LONGEST_LINE:
                raise LineTooLong(name, len(lines) + 1)
            lines.append(line)
            size += len(line)
    return lines


def delimiter_of(head: list[str], name: str, rank_header: HeaderRank) -> str:
    """The delimiter that gives the most known headers, else the one whose records agree best on their width."""

    def score(delimiter: str) -> tuple[float, float]:
        rows = [cells for _, cells in records(iter(head[:100]), delimiter, name) if any(cells)]
        widths = Counter(len(cells) for cells in rows if len(cells) > 1)
        agreeing = max((count * width for width, count in widths.items()), default=0)
        return max((rank_header(cells) for cells in rows[:40]), default=0.0), agreeing

    return max(DELIMITERS, key=score)
