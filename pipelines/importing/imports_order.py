"""Which import comes before which: lists of balances by their day, everything else as it was imported."""

import datetime as dt
from collections.abc import Sequence

from pipelines.importing.imports_report import NO_DAY, ImportReport


def in_turn(reports: Sequence[ImportReport]) -> list[ImportReport]:
    """Imports in the order in which each takes the place of those before it.

    Lists of open items and balances by age of one source follow each other by their day, whenever they were imported;
    of one day, as they were imported. Builds take them so: stg_superseded_invoices, int_open_list_payments and
    fct_aged_summary.
    """
    imported = {each.import_id: (each.imported_at, each.import_id) for each in reports}

    def turn(report: ImportReport) -> tuple[tuple[str, str], dt.date, tuple[str, str]]:
        own = imported[report.import_id]
        if not report.is_of_a_day:
            return own, dt.date.max, own
        followed_by = [
            imported[each.import_id]
            for each in reports
            if _alike(each) == _alike(report) and day_of(report) <= day_of(each)
        ]
        return min(followed_by), day_of(report), own

    return sorted(reports, key=turn)


def neighbours(
    report: ImportReport, reports: Sequence[ImportReport]
) -> tuple[ImportReport | None, ImportReport | None]:
    """The import of the same source, kind and ledger in force before this one, and the one after it."""
    beside = [each for each in reports if not each.retracted_at and each.import_id != report.import_id]
    own = in_turn([*(each for each in beside if _alike(each) == _alike(report)), report])
    place = own.index(report)
    return (own[place - 1] if place else None), (own[place + 1] if place + 1 < len(own) else None)


def day_of(report: ImportReport) -> dt.date:
    """The day of a list; one that says none is of the day of whatever figures it is read for, and so of the last."""
    return report.as_of or dt.date.max


def told_until(report: ImportReport, reports: Sequence[ImportReport]) -> dt.date | None:
    """The last day of which an export can be: that of the newest receipt in force among `reports`, if nothing says it.

    Builds take a ledger that does not say its day as of one between its newest document and this: int_ledger_days.
    """
    if report.as_of is None or not any(note["code"] == NO_DAY for note in report.notes):
        return report.as_of
    paid = [each.date_to for each in reports if each.holds_receipts and not each.retracted_at and each.date_to]
    imported_on = dt.datetime.fromisoformat(report.imported_at).date()
    return max(report.as_of, min(imported_on, max(paid, default=report.as_of)))


def _alike(report: ImportReport) -> tuple[str, str, str | None]:
    return report.source, report.kind, report.ledger
