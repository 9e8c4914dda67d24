"""A text written or imported as a file, for the tests of what is read from it."""

from pathlib import Path

import duckdb

from pipelines.importing import imports
from pipelines.importing.imports_report import ImportReport
from pipelines.settings import Settings


def written(tmp_path: Path, name: str, text: str) -> Path:
    """The text as a CSV file of that name."""
    path = tmp_path / f"{name}.csv"
    path.write_text(text, encoding="utf-8")
    return path


def load(tmp_path: Path, text: str, columns: str, name: str = "export.csv") -> tuple[ImportReport, list[tuple]]:
    path, settings = tmp_path / name, Settings(home=tmp_path / "warehouse")
    path.write_text(text, encoding="utf-8")
    report = imports.import_file(path, settings)
    rows = settings.home / "imports" / report.import_id / "rows.parquet"
    return report, duckdb.execute(f"select {columns} from read_parquet(?) order by line_no", [str(rows)]).fetchall()


def codes(report: ImportReport) -> set[str]:
    return {note["code"] for note in report.notes}
