"""What commands print of imports: their report in lines, and their manifest as JSON."""

import json
from dataclasses import asdict
from typing import Any

import click

from pipelines import i18n
from pipelines.commands import say, text
from pipelines.importing.imports_detail import by_reason, rejected
from pipelines.importing.imports_report import STATED_AGREE, STATED_DIFFER, TOTALS, ImportReport, texts
from pipelines.settings import Settings

REASONS_SHOWN = 8


def print_report(report: ImportReport, settings: Settings) -> None:
    """What an import holds, line by line: its rows and totals, the notes, and why rows were not accepted."""
    say(
        "cli.already_imported" if report.already_imported else "cli.imported",
        file=report.file_name,
        kind=text(f"cli.kind_{report.kind}"),
        rows_read=report.rows_read,
        rows_accepted=report.rows_accepted,
        rows_rejected=report.rows_rejected,
        totals=i18n.listed(i18n.terminal_language(), report.total_texts) or "–",
        id=report.import_id,
    )
    _print_control_totals(report)
    for note in report.notes:
        if note["code"] not in (TOTALS, STATED_AGREE, STATED_DIFFER):  # said above
            click.echo("  " + i18n.reason(i18n.terminal_language(), note))
    if report.rows_rejected and not report.already_imported:
        _print_reasons(report, settings)


def _print_control_totals(report: ImportReport) -> None:
    """Whether the accepted rows add up to each total that the file or a person states."""
    for each in report.by_currency:
        if each.stated is None:
            continue
        (amount,) = texts([(each.currency, each.stated)])
        of_all = text("cli.added_up") if each.is_added_up else ""
        key = "cli.control_total_off" if each.difference else "cli.control_total_met"
        say(key, text=amount + of_all, cents_gap=each.difference)


def _print_reasons(report: ImportReport, settings: Settings) -> None:
    """Why rows were not accepted, the commonest reason first."""
    reasons = by_reason(rejected(settings, report.import_id))
    for each in reasons[:REASONS_SHOWN]:
        why = i18n.reason(i18n.terminal_language(), each.reason)
        say("cli.not_accepted", rows=each.rows, lines=each.lines_text, reason=why)
    if len(reasons) > REASONS_SHOWN:
        say("cli.not_accepted_more", count=len(reasons) - REASONS_SHOWN)


def manifest(report: ImportReport) -> dict[str, Any]:
    """A report as JSON knows it, and its totals by currency, empty of rows that name none.

    The one total is null of an import in several currencies, as it would be an amount of none, and of one without
    amounts; so is the stated one, whose amount over several currencies stands under the empty one.
    """
    totals: dict[str, Any] = {
        "accepted_totals": dict(report.totals),
        "control_totals": dict(report.control_totals),
    }
    if report.is_mixed or not report.totals:
        totals |= {"accepted_total": None, "control_total": None}
    found: dict[str, Any] = _plain(asdict(report) | totals)
    return found


def _plain(value: Any) -> Any:
    """The value as JSON knows it: dates as ISO text, tuples as lists."""
    return json.loads(json.dumps(value, default=str))
