"""Bytes of an export to rows of text: which format it is, by its content, and the reader for it."""

import zipfile
from pathlib import Path

from pipelines.readers_errors import BrokenWorkbook, EmptyFile, NoSuchFile, PasswordProtected, WrongFormat
from pipelines.readers_raw import Raw
from pipelines.readers_text import HeaderRank, open_text
from pipelines.readers_workbook import open_workbook

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


def open_export(
    path: Path, workdir: Path, rank_header: HeaderRank, *, name: str | None = None, sheet: str | None = None
) -> Raw:
    """Open an export by its content, whatever its name says.

    `name` is the name to use in messages; `workdir` a folder for decoded copies. Raises a UserError that says what is
    wrong with the file.
    """
    name = name or path.name
    if not path.is_file():
        raise NoSuchFile(name)
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        raise EmptyFile(name)
    for magic, found in _OTHERS:
        if start.startswith(magic):
            raise WrongFormat(name, found)
    if start.startswith(b"PK"):
        return _open_zip(path, name, rank_header, sheet)
    if start.startswith(_OLE):
        if _ENCRYPTED in path.read_bytes():
            raise PasswordProtected(name)
        return open_workbook(path, name, rank_header, sheet)
    return open_text(path, name, workdir, rank_header)


def _open_zip(path: Path, name: str, rank_header: HeaderRank, sheet: str | None) -> Raw:
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
    except zipfile.BadZipFile:
        raise BrokenWorkbook(name) from None
    if not members & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise WrongFormat(name, "ZIP")
    return open_workbook(path, name, rank_header, sheet)
