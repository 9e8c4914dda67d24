"""Texts and files written into SQL where no parameter can stand: in views, in file functions, in long expressions."""

from pathlib import Path


def literal(value: object) -> str:
    """A value as a text of SQL, in quotes."""
    return "'" + str(value).replace("'", "''") + "'"


def parquet(*files: Path) -> str:
    """SQL that reads Parquet files as one table, whichever of them hold a column."""
    return f"read_parquet([{', '.join(map(literal, files))}], union_by_name = true)"
