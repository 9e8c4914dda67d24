"""Small ledgers written as text, imported and built like any export."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.building import publish
from pipelines.importing import imports
from pipelines.reporting import queries
from pipelines.reporting.queries import Connection
from pipelines.settings import Settings

INVOICES = "Invoice No,Customer ID,Invoice Date,Due Date,Amount,Sales Rep"
RECEIPTS = "Receipt No,Invoice No,Payment Date,Amount,Kind"


def built(
    home: Path, as_of: str, files: Mapping[str, str], *, score: publish.Score | None = None, **settings: Any
) -> Connection:
    """A connection to a build as of a day from files of comma-separated text; a file imported before stays."""
    chosen = Settings(home=home / "warehouse", **settings)
    for name, text in files.items():
        path = home / f"{name}.csv"
        path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n", encoding="utf-8")
        imports.import_file(path, chosen)
    publish.build(chosen, as_of=dt.date.fromisoformat(as_of), score=score or no_risk)
    build = queries.published(chosen)
    assert build is not None
    return queries.open_build(build)


def no_risk(con: Connection, as_of: dt.date, settings: Settings) -> str:
    """A scoring that scores nothing."""
    con.execute(
        "create table fct_late_risk (as_of DATE, entity_id VARCHAR, invoice_id VARCHAR, instalment_no INTEGER, "
        "p_late DOUBLE, p_very_late DOUBLE, expected_pay_date DATE, expected_days_late INTEGER, risk_band VARCHAR, "
        "reasons VARCHAR, model_id VARCHAR, customer_key BIGINT, item_key BIGINT)"
    )
    return "none"
