"""What the command for registers of bills prints of a file."""

import click

from pipelines import i18n
from pipelines.collecting.bill_registers import Upload
from pipelines.commands import say, text
from pipelines.importing.imports_report import texts


def print_upload(upload: Upload) -> None:
    """What a register of bills holds against the one kept here, and why rows were set aside."""
    language = i18n.terminal_language()
    counts = {name: len(getattr(upload, name)) for name in ("new", "moved", "there", "repeated", "aside")}
    say("cli.bills_read", file=upload.file.name, rows=len(upload.file.rows), **counts)
    for name in ("new", "moved"):
        if totals := upload.totals(getattr(upload, name)):
            say(f"cli.bills_{name}", totals=i18n.listed(language, texts(list(totals.items()))))
    understood = [f"{text(f'column.{name}')} = {header}" for name, header in upload.file.columns.items()]
    say("cli.bills_columns", columns=i18n.listed(language, understood))
    if upload.file.unused:
        say("cli.bills_unused", columns=i18n.listed(language, upload.file.unused))
    for note in upload.notes:
        click.echo("  " + i18n.reason(language, note))
    for row in upload.aside:
        if row.reason is not None:
            say("cli.bills_aside", line=row.place, reason=i18n.reason(language, row.reason), value=row.value or "–")
