"""The command line: `python -m pipelines COMMAND`. Parses, calls, prints; exit status 0 done, 1 data wrong, 2 usage.

A command imports what only it needs: loading every library takes longer than many an import or build.
"""

import datetime as dt
import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import click
import duckdb

from pipelines import i18n, scratch
from pipelines.canonical import KINDS
from pipelines.commands import Commands, json_option, progress_lines, say, text
from pipelines.errors import UserError
from pipelines.importing import imports_print, imports_store
from pipelines.settings import Settings

DATE = click.DateTime(formats=["%Y-%m-%d"])
SAMPLE_FOLDER = Path("data/sample")
EXPORT_FORMATS = ("csv", "xlsx", "parquet")


progress_option = click.option(
    "--progress/--no-progress", default=None, help="Show each step on standard error (default: on a terminal)."
)


@click.group(cls=Commands)
def main() -> None:
    """Turn receivable exports into aging, DSO, risk and call lists."""


@main.command()
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), default=SAMPLE_FOLDER, show_default=True)
@json_option
def sample(output: Path, as_json: bool) -> None:
    """Write the sample exports; the same bytes every time."""
    from pipelines.sampling.sample import write_sample

    files = write_sample(output)
    if as_json:
        click.echo(json.dumps({"files": [str(file) for file in files]}))
    else:
        for file in files:
            say("cli.written", file=str(file))


@main.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(sorted(KINDS)), help="What the export holds, where it is not to be guessed.")
@click.option("--source", help="Name of the system it comes from; its mapping is kept for the next export.")
@click.option("--as-of", type=DATE, help="Date the export was made.")
@click.option("--mapping", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="JSON: columns by hand.")
@click.option("--sheet", help="Sheet of a workbook.")
@json_option
@progress_option
def import_(
    files: tuple[Path, ...],
    kind: str | None,
    source: str | None,
    as_of: dt.datetime | None,
    mapping: Path | None,
    sheet: str | None,
    as_json: bool,
    progress: bool | None,
) -> None:
    """Import one or more exports: CSV or a workbook, invoices, receipts, customers or exchange rates."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no matrices here: starting threads for them takes longer
    from pipelines.importing import imports

    settings = Settings()
    reports, refused = [], []
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())  # what had begun leaves nothing behind
    for file in files:
        try:
            report = imports.import_file(
                file,
                settings,
                kind=kind,
                source=source,
                as_of=as_of.date() if as_of else None,
                mapping=mapping,
                sheet=sheet,
                progress=progress_lines(progress),
                cancelled=stop.is_set,
            )
        except UserError as error:
            refused.append({"file": str(file), "error": error.text(i18n.terminal_language())})
            continue
        reports.append(report)
        if not as_json:
            imports_print.print_report(report, settings)
    if as_json:
        click.echo(json.dumps({"imports": [imports_print.manifest(report) for report in reports], "refused": refused}))
    for item in refused:
        click.echo(item["error"], err=True)
    if refused:
        raise SystemExit(1)


@main.command()
@click.option("--as-of", type=DATE, help="Business date the tables describe (default: newest export).")
@click.option("--known-at", help="ISO time: leave out what was imported or retracted later.")
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True)
@click.option("--wait/--no-wait", default=False, help="Wait for a build that is running instead of refusing.")
@click.option("--whole", is_flag=True, help="Compute everything, also what no new export touches.")
@json_option
@progress_option
def build(
    as_of: dt.datetime | None,
    known_at: str | None,
    engine: str,
    wait: bool,
    whole: bool,
    as_json: bool,
    progress: bool | None,
) -> None:
    """Build every table from the imports, check the identities and publish."""
    if engine == "spark":
        raise UserError("error.engine_not_built", engine=engine)
    from models import card
    from models.late_risk import score_build
    from pipelines.building import publish

    settings = Settings()
    info = publish.build(
        settings,
        as_of=as_of.date() if as_of else None,
        known_at=known_at,
        score=score_build,
        progress=progress_lines(progress),
        wait=wait,
        whole=whole,
    )
    if (reason := card.unusable(settings)) is not None:
        click.echo(reason.text(i18n.terminal_language()), err=True)
    if as_json:
        click.echo(publish.as_json(info))
    else:
        said = {"id": info.build_id, "as_of": info.as_of, "seconds": info.seconds, "model": info.model_id}
        say("cli.built_on" if info.based_on else "cli.built", base=info.based_on, **said)


def _published(files: bool = False) -> duckdb.DuckDBPyConnection:
    """The published build, open for reading; `files`: it may write files, which a page's connection may not."""
    from pipelines.reporting import queries

    build = queries.published(Settings())
    if build is None:
        from pipelines.building import builds

        raise builds.NothingPublished
    return queries.open_build(build, files=files)


@main.command()
@json_option
def check(as_json: bool) -> None:
    """Run the accounting identities on the published build."""
    from pipelines.building import checks

    failures = checks.run(_published())
    if as_json:
        click.echo(json.dumps({"checks": checks.names(), "failures": [asdict(failure) for failure in failures]}))
    else:
        failed = {failure.check: failure for failure in failures}
        for name in checks.names():
            rows = failed[name].rows if name in failed else 0
            say("cli.check_failed" if rows else "cli.check_held", check=name, rows=rows)
            for example in failed[name].examples if name in failed else ():
                click.echo(f"  {example}")
    if failures:
        raise SystemExit(1)


@main.command()
@click.argument("table")
@click.option("--format", "form", type=click.Choice(EXPORT_FORMATS), help="Default: the ending of FILE, else csv.")
@click.option("--output", default="-", help="FILE to write; '-' is CSV to standard output.", show_default=True)
def export(table: str, form: str | None, output: str) -> None:
    """Write one TABLE of the published build."""
    from pipelines.reporting import exports

    target = None if output == "-" else Path(output)
    ending = target.suffix[1:].lower() if target else "csv"
    chosen = form or (ending if ending in EXPORT_FORMATS else "csv")
    if target is None and chosen != "csv":
        raise click.UsageError("--format xlsx and parquet need --output FILE")
    con = _published(files=True)
    rows = exports.export(con, table, chosen, target, i18n.terminal_language())
    if target:
        say("cli.exported", rows=rows, table=table, file=str(target))
        for key, amounts in exports.tied_out(con, table):
            say(key, **amounts)


@main.command("imports")
@json_option
def imports_(as_json: bool) -> None:
    """List the imports, oldest first."""
    reports = imports_store.list_imports(Settings())
    if as_json:
        click.echo(json.dumps({"imports": [imports_print.manifest(report) for report in reports]}))
        return
    for report in reports:
        key = "cli.import_retracted" if report.retracted_at else "cli.import_line"
        say(
            key,
            id=report.import_id,
            file=report.file_name,
            kind=text(f"cli.kind_{report.kind}"),
            rows_accepted=report.rows_accepted,
            rows_rejected=report.rows_rejected,
            day=report.imported_at[:10],
        )


@main.command("bills")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--apply", is_flag=True, help="Enter the bills instead of saying what would be entered.")
@click.option("--who", help="Who enters them; needed with --apply.")
@json_option
def bills_(file: Path, apply: bool, who: str | None, as_json: bool) -> None:
    """Read a register of bills (CSV or a workbook) and enter what is new and what has moved on, all or nothing."""
    from pipelines.collecting import bill_files, bill_print, bill_registers
    from pipelines.reporting import queries, queries_financing

    who = (who or "").strip()
    if apply and not who:
        raise click.UsageError("--apply needs --who NAME")
    settings, everything = Settings(), queries.Scope()
    con = _published()
    read = bill_files.read(file, settings)
    known = bill_registers.known(queries_financing.every_customer(con, everything), settings)
    named = bill_registers.named_invoices(read)
    invoices = queries_financing.customers_of_invoices(con, everything, named)
    upload = bill_registers.compared(read, settings, known, invoices)
    entered = bill_registers.store(settings, upload, who=who) if apply else 0
    if as_json:
        click.echo(json.dumps(bill_registers.as_json(upload) | {"entered": entered}, ensure_ascii=False))
        return
    bill_print.print_upload(upload)
    if apply:
        say("cli.bills_entered", count=entered, who=who)
    elif upload.new or upload.moved:
        say("cli.bills_not_entered")


@main.command()
@click.argument("import_id")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="FILE to write, XLSX.")
def corrections(import_id: str, output: Path) -> None:
    """Write the rows of an import that were not accepted as they are, to be mended and imported again."""
    from pipelines.importing import imports_mend

    output.write_bytes(imports_mend.mend_workbook(Settings(), import_id, i18n.terminal_language()))
    say("cli.written", file=str(output))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def watch(folder: Path) -> None:
    """Import what appears in FOLDER and move it to done/ or failed/ with its report, until Ctrl-C."""
    from pipelines.importing import watch as drop_folder

    settings, stop = Settings(), threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())

    def tell(outcome: drop_folder.Outcome) -> None:
        if outcome.report:
            imports_print.print_report(outcome.report, settings)
        else:
            click.echo(outcome.problem, err=True)

    click.echo(text("cli.watching", folder=str(folder)), err=True)
    drop_folder.watch(folder, settings, stop=stop, language=i18n.terminal_language(), tell=tell)


@main.command()
@click.argument("import_id")
@json_option
def retract(import_id: str, as_json: bool) -> None:
    """Leave one import out of the next build; nothing is deleted."""
    report = imports_store.retract(Settings(), import_id)
    if as_json:
        click.echo(json.dumps(imports_print.manifest(report)))
    else:
        say("cli.retracted", id=report.import_id, file=report.file_name)


@main.command()
@json_option
def doctor(as_json: bool) -> None:
    """Clean up what a killed process left behind, read all that is stored and say whether it is sound."""
    from models import card
    from pipelines.building import builds
    from pipelines.collecting import journal_store
    from pipelines.importing import imports_damage

    settings = Settings()
    left = (*imports_store.clean_up(settings), *builds.clean_up(settings), *scratch.clean_up())
    removed = [str(path) for path in left]
    problems: list[UserError] = [*imports_damage.damages(settings)]
    mended = None
    try:
        mended = builds.mend(settings)
    except UserError as error:
        problems.append(error)
    try:
        journal_store.refuse_damaged(settings)
    except UserError as error:
        problems.append(error)
    if (reason := card.unusable(settings)) is not None:
        problems.append(reason)
    if as_json:
        said = [problem.text("en") for problem in problems]
        click.echo(json.dumps({"removed": removed, "published_again": mended, "problems": said}))
    else:
        for path in removed:
            say("cli.removed", path=path)
        if mended:
            say("cli.published_again", id=mended)
        if not problems:
            say("cli.sound")
    for problem in problems:
        click.echo(problem.text(i18n.terminal_language()), err=True)
    if problems:
        raise SystemExit(1)


@main.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup_(file: Path) -> None:
    """Keep imports, mappings, model and journal in one FILE."""
    from pipelines import backup

    say("cli.backed_up", file=str(backup.backup(Settings(), file)))


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(file: Path) -> None:
    """Put a backup FILE into an empty warehouse; build afterwards."""
    from pipelines import backup

    say("cli.restored", home=str(backup.restore(Settings(), file)))


if __name__ == "__main__":
    # A command that is told to end tidies up first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    main(prog_name="python -m pipelines")
