"""Bytes of an export to rows of text: which format it is, by its content, and the reader for it.

The readers of the other formats are only loaded where one of them is met: delimited text is read without them.
"""

import codecs
import gzip
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from pipelines.reading.cancel import check
from pipelines.reading.readers_errors import (
    BrokenFile,
    BrokenWorkbook,
    EmptyFile,
    NoSuchFile,
    PasswordProtected,
    SeveralFiles,
    TooLarge,
    WrongFormat,
)
from pipelines.reading.readers_raw import Raw
from pipelines.reading.readers_text import HeaderRank, open_text

UNPACKED_LIMIT = 4 << 30  # bytes a compressed export may unpack to
_RATIO_LIMIT, _RATIO_FROM = 200, 64 << 20  # times a file may grow by unpacking, once it is larger than this
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"Rar!", "RAR"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90", "EXE"),
    (b"SQLite format 3", "SQLite"),
    (b"{\\rtf", "RTF"),
)
_DOCUMENTS = {"word/document.xml": "DOCX", "ppt/presentation.xml": "PPTX", "META-INF/MANIFEST.MF": "JAR"}


def open_export(
    path: Path, workdir: Path, rank_header: HeaderRank, *, name: str | None = None, sheet: str | None = None
) -> Raw:
    """Open an export by its content, whatever its name says.

    `name` is the name to use in messages; `workdir` a folder for unpacked and decoded copies; `sheet` the sheet of a
    workbook, or the file of an archive. Raises a UserError that says what is wrong with the file.
    """
    name = name or path.name
    if not path.is_file():
        raise NoSuchFile(name)
    with path.open("rb") as file:
        start = file.read(8192)
    if not start:
        raise EmptyFile(name)
    for magic, found in _OTHERS:
        if start.startswith(magic):
            raise WrongFormat(name, found)
    if start.startswith(b"\x1f\x8b"):
        return _open_gzip(path, workdir, rank_header, name, sheet)
    if start.startswith(b"PK"):
        return _open_zip(path, workdir, rank_header, name, sheet)
    if start.startswith(b"PAR1"):
        from pipelines.reading.readers_records import open_parquet

        return open_parquet(path, name)
    if start.startswith(_OLE):
        from pipelines.reading.readers_compound import check_compound
        from pipelines.reading.readers_workbook import open_workbook

        content = path.read_bytes()
        if _ENCRYPTED in content:
            raise PasswordProtected(name)
        check_compound(content, name)

        return open_workbook(path, name, rank_header, sheet)
    return _open_characters(path, workdir, rank_header, name, start, sheet)


def _open_characters(
    path: Path, workdir: Path, rank_header: HeaderRank, name: str, start: bytes, sheet: str | None
) -> Raw:
    """Markup and JSON by how they begin, else delimited text."""
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = start.decode("utf-16" if wide else "utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    lowered = text.lower()
    if lowered.startswith("<"):
        from pipelines.reading.readers_markup import open_html, open_spreadsheet_xml

        if "urn:schemas-microsoft-com:office:spreadsheet" in lowered and "<html" not in lowered:
            return open_spreadsheet_xml(path, name, rank_header, sheet)
        if re.search(r"<(html|table|!doctype html|head|body|meta|style|div)\b", lowered):
            return open_html(path, name, rank_header, sheet)
        raise WrongFormat(name, "XML")
    if re.match(r"\{\s*\"|\[\s*\{", text):
        from pipelines.reading.readers_records import open_json

        return open_json(path, name)
    return open_text(path, name, workdir, rank_header)


def _open_gzip(path: Path, workdir: Path, rank_header: HeaderRank, name: str, sheet: str | None) -> Raw:
    target = workdir / "unpacked"
    try:
        with gzip.open(path) as packed:
            _unpack(packed, target, path.stat().st_size, name)
    except (OSError, EOFError, zlib.error):
        raise BrokenFile(name) from None
    return _open_unpacked(target, workdir, rank_header, name, sheet)


def _open_zip(path: Path, workdir: Path, rank_header: HeaderRank, name: str, sheet: str | None) -> Raw:
    """A workbook, or an archive that holds one export."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {i.filename: i for i in archive.infolist() if not i.is_dir()}
            if members.keys() & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
                from pipelines.reading.readers_bounds import unpack_workbook
                from pipelines.reading.readers_workbook import open_workbook

                _check_sizes(list(members.values()), name)
                if "META-INF/manifest.xml" in members and b"encryption-data" in archive.read("META-INF/manifest.xml"):
                    raise PasswordProtected(name)
                unpacked = unpack_workbook(archive, workdir, name)
                return open_workbook(
                    unpacked.path, name, rank_header, sheet, named_rightly=True, errors=unpacked.errors
                )
            found = next((kind for part, kind in _DOCUMENTS.items() if part in members), None)
            if found:
                raise WrongFormat(name, found)
            member = _member(members, name, sheet)
            if member.flag_bits & 1:
                raise PasswordProtected(name)
            with archive.open(member) as packed:
                _unpack(packed, workdir / "unpacked", max(member.compress_size, 1), name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, OSError, ValueError, RuntimeError):
        raise BrokenWorkbook(name) from None
    return _open_unpacked(workdir / "unpacked", workdir, rank_header, name, None if sheet in members else sheet)


def _member(members: dict[str, zipfile.ZipInfo], name: str, wanted: str | None) -> zipfile.ZipInfo:
    """The only file of an archive, or the one asked for; folders' own files and hidden files do not count.

    A member's name is only compared, never used as a path.
    """
    seen = {
        n: i for n, i in members.items() if not n.startswith("__MACOSX/") and not PurePosixPath(n).name.startswith(".")
    }
    if not seen:
        raise EmptyFile(name)
    if wanted in seen:
        return seen[wanted]
    if len(seen) > 1:
        raise SeveralFiles(name, sorted(seen))
    return next(iter(seen.values()))


def _check_sizes(members: list[zipfile.ZipInfo], name: str) -> None:
    """Refuse a workbook that unpacks to far more than any export does. Raises TooLarge."""
    unpacked, packed = sum(i.file_size for i in members), max(1, sum(i.compress_size for i in members))
    if unpacked > UNPACKED_LIMIT or (unpacked > _RATIO_FROM and unpacked > _RATIO_LIMIT * packed):
        raise TooLarge(name)


def _unpack(packed: IO[bytes] | gzip.GzipFile, target: Path, packed_size: int, name: str) -> None:
    """Write what a compressed file holds, up to the limits. Raises TooLarge."""
    size = 0
    with target.open("wb") as out:
        while chunk := packed.read(1 << 20):
            check()
            size += len(chunk)
            if size > UNPACKED_LIMIT or (size > _RATIO_FROM and size > _RATIO_LIMIT * packed_size):
                raise TooLarge(name)
            out.write(chunk)


def _open_unpacked(path: Path, workdir: Path, rank_header: HeaderRank, name: str, sheet: str | None) -> Raw:
    """Open what came out of an archive; an archive inside an archive is refused."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"\x1f\x8b") or (start.startswith(b"PK") and not _is_workbook(path)):
        raise WrongFormat(name, "ZIP")
    return open_export(path, workdir, rank_header, name=name, sheet=sheet)


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return bool({"xl/workbook.xml", "xl/workbook.bin", "content.xml"} & set(archive.namelist()))
    except zipfile.BadZipFile:
        return False
