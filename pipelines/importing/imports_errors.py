"""The ways an export that could be read is still no import, one error each."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from pipelines import i18n
from pipelines.errors import UserError


class ImportDamaged(UserError):
    """A file of a stored import is lost, cannot be read or holds something else than was accepted."""

    def __init__(self, import_id: str, file: str) -> None:
        super().__init__("error.import_damaged", id=import_id, file=file)


class HeaderOnly(UserError):
    """The export has a header and no rows."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__("error.file_header_only", file=file, line=line)


class DatesDestroyed(UserError):
    """A date column holds times only, as spreadsheets leave them."""

    def __init__(self, file: str, column: str) -> None:
        super().__init__("error.dates_destroyed", file=file, column=column)


class StyleUnclear(UserError):
    """Nothing in the file decides how a column writes its dates or amounts."""

    def __init__(self, file: str, column: str, name: str, *, is_date: bool) -> None:
        self.column, self.name = column, name
        super().__init__("error.date_order_unclear" if is_date else "error.decimal_unclear", file=file, column=column)


class BalanceRuns(UserError):
    """A column of balances adds up the movements row by row, and the movements stand in columns not understood."""

    def __init__(self, file: str, header: str, movements: Sequence[str]) -> None:
        self.file, self.header, self.movements = file, header, list(movements)
        super().__init__("error.balance_runs")

    def text(self, language: str) -> str:
        named = i18n.listed(language, self.movements)
        return i18n.translate(language, self.code, file=self.file, header=self.header, movements=named)


class NothingAccepted(UserError):
    """Not one row of the export could be accepted."""

    def __init__(self, file: str, rows: int, reason: dict[str, Any]) -> None:
        self.file, self.rows, self.reason = file, rows, reason
        super().__init__("error.nothing_accepted")

    def text(self, language: str) -> str:
        return i18n.translate(
            language, self.code, file=self.file, rows=self.rows, reason=i18n.reason(language, self.reason)
        )


class SheetsApart(UserError):
    """Two sheets of one workbook are lists of open items without an invoice in common."""

    def __init__(self, file: str, sheet: str, other: str, source: str) -> None:
        super().__init__("error.sheets_apart", file=file, sheet=sheet, other=other, source=source)


class ListsApart(UserError):
    """Two lists of open items of one source and day have no invoice in common."""

    def __init__(self, file: str, other: str, source: str) -> None:
        super().__init__("error.lists_apart", file=file, other=other, source=source)


class ListsOfDaysApart(UserError):
    """Two lists of open items of one source, one after the other, have no invoice in common."""

    def __init__(self, file: str, other: str, day: str, count: int, source: str) -> None:
        super().__init__("error.lists_of_days_apart", file=file, other=other, day=day, count=count, source=source)


class ListOfDays(UserError):
    """One list of open items or balances holds those of several days."""

    def __init__(self, file: str, column: str, first: dt.date, last: dt.date) -> None:
        super().__init__("error.list_of_days", file=file, column=column, first=first, last=last)


class NothingToMend(UserError):
    """No row of the import is at fault."""

    def __init__(self, file: str) -> None:
        super().__init__("error.nothing_to_mend", file=file)


class MendOriginal(UserError):
    """What the rows mean stands in other rows or sheets of the file, or they are too many for one sheet."""

    def __init__(self, file: str) -> None:
        super().__init__("error.mend_original", file=file)


class SheetsRepeat(UserError):
    """Two sheets of one workbook hold the same documents, so they are no parts of one list."""

    def __init__(self, file: str, sheet: str, other: str, count: int, example: str) -> None:
        super().__init__("error.sheets_repeat", file=file, sheet=sheet, other=other, count=count, example=example)


class SheetsOfDays(UserError):
    """Two sheets of one workbook are lists of open items of different days."""

    def __init__(self, file: str, sheet: str, day: dt.date, other: str, other_day: dt.date) -> None:
        super().__init__("error.sheets_of_days", file=file, sheet=sheet, day=day, other=other, other_day=other_day)


class NoSuchImport(UserError):
    """There is no import of that id."""

    def __init__(self, import_id: str) -> None:
        super().__init__("error.import_unknown", import_id=import_id)
