"""Where a row stands, in the words of people: its line, and its sheet where several were read together."""

from collections.abc import Sequence

from pipelines.literals import literal
from pipelines.reading.readers_raw import SHEET_LINES


def place_sql(together: Sequence[str], line: str = "line_no") -> str:
    """SQL for where a row stands, for people: its line, or `sheet!line` where several sheets are read together."""
    if not together:
        return line
    return f"concat({_name_sql(together, line)}, '!', {line} % {SHEET_LINES})"


def sheet_sql(together: Sequence[str], line: str = "line_no") -> str:
    """SQL for the sheet a row stands on; NULL where one sheet is read."""
    return _name_sql(together, line) if together else "null::varchar"


def _name_sql(together: Sequence[str], line: str) -> str:
    names = ", ".join(map(literal, together))
    return f"([{names}])[cast({line} // {SHEET_LINES} as integer) + 1]"


def built_file_sql(line: str) -> str:
    """SQL for the file that a row of a build comes from, and its sheet, where `imports` is joined."""
    sheet = f"json_extract_string(imports.sheets, '$[' || ({line} // {SHEET_LINES}) || ']')"
    return f"concat_ws(' · ', imports.file_name, {sheet})"
