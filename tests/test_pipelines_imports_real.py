"""Every real export beside the project: taken with these counts, totals and dates, or refused for this reason."""

from pathlib import Path
from typing import NamedTuple

import pytest

from pipelines.errors import UserError
from pipelines.importing import imports
from pipelines.settings import Settings

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
pytestmark = pytest.mark.real_exports


class Expected(NamedTuple):
    kind: str
    ledger: str | None
    accepted: int
    rejected: int
    set_aside: int
    total: str
    control: str | None
    as_of: str | None


LEDGER, OPEN = "ledger", "open_items"
ACCEPTED = {
    "ibm/WA_Fn-UseC_-Accounts-Receivable.csv": Expected(
        "invoices", LEDGER, 2466, 0, 0, "147703.18", None, "2014-01-09"
    ),
    "poulomi8/Invoices.csv": Expected("invoices", LEDGER, 7994, 11, 5, "202203215.00", None, "2025-12-31"),
    "poulomi8/Payments.csv": Expected("receipts", None, 6748, 0, 0, "162430308.00", None, "2026-04-08"),
    "poulomi8/Customer_Master.csv": Expected("customers", None, 500, 3, 3, "0.00", None, None),
    "poulomi8/Credit_Limits.csv": Expected("customers", None, 500, 0, 0, "0.00", None, None),
    "sap_microhack/paymentData_CAL1909.csv": Expected(
        "receipts", None, 2851, 136, 136, "80304795.50", None, "2020-08-22"
    ),
    "sap_microhack/paymentData_CAL2020.csv": Expected(
        "receipts", None, 3582, 141, 141, "95594574.50", None, "2021-06-03"
    ),
    "sap_microhack/paymentData_CAL2021.csv": Expected(
        "receipts", None, 3922, 148, 148, "101177079.35", None, "2022-01-30"
    ),
    "erp_shapes/qbo_open_invoices.csv": Expected("invoices", OPEN, 5, 0, 0, "5300.50", None, "2026-07-14"),
    "erp_shapes/qbo_ar_aging_summary.csv": Expected("aged_summary", None, 7, 4, 4, "1325.72", "1325.72", "2026-04-22"),
    "erp_shapes/netsuite_ar_aging_detail.xlsx": Expected(
        "invoices", OPEN, 6, 7, 7, "813650.00", "813650.00", "2026-07-31"
    ),
    "erp_shapes/xero_aged_receivables_detail.xlsx": Expected(
        "invoices", OPEN, 3, 4, 4, "7200.00", "1700.00", "2026-03-31"
    ),
    "erp_shapes/tally_pending_bills.xlsx": Expected("invoices", OPEN, 4, 4, 4, "252000.00", None, "2026-04-16"),
    "erp_shapes/jp_opening_balance_cp932.csv": Expected("aged_summary", None, 2, 0, 0, "230000.00", None, None),
}
REFUSED = {
    "erp_shapes/zh_sales_receivables_utf8bom.csv": "error.file_header_only",
    "csv_cases/csv-test-data/all-empty.csv": "error.file_empty",
    "csv_cases/csv-test-data/bad-header-no-header.csv": "error.file_empty",
}
UNKNOWN = "error.table_unknown"  # the CSV cases hold no receivables


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    if not DATA.is_dir():
        pytest.skip("the folder of real exports is not here")
    return Settings(home=tmp_path / "warehouse")


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted_export(settings: Settings, name: str) -> None:
    report = imports.import_file(DATA / name, settings)
    assert report.rows_read == report.rows_accepted + report.rows_rejected
    assert (
        Expected(
            report.kind,
            report.ledger,
            report.rows_accepted,
            report.rows_rejected,
            report.rows_set_aside,
            report.accepted_total,
            report.control_total,
            str(report.as_of) if report.as_of else None,
        )
        == ACCEPTED[name]
    )


def test_every_other_export_is_refused_with_its_reason(settings: Settings) -> None:
    files = [p for p in DATA.rglob("*") if p.is_file() and p.name != "README.md"]
    names = {str(p.relative_to(DATA)) for p in files} - ACCEPTED.keys()
    assert names >= REFUSED.keys()
    found = {}
    for name in names:
        with pytest.raises(UserError) as caught:
            imports.import_file(DATA / name, settings)
        found[name] = caught.value.code
    assert found == {name: REFUSED.get(name, UNKNOWN) for name in names}


def test_odd_rows_are_taken_by_rule_or_set_aside_with_their_reason(settings: Settings) -> None:
    report = imports.import_file(DATA / "poulomi8/Invoices.csv", settings)
    codes = {note["code"]: note.get("rows") for note in report.notes}
    assert codes["negative_is_credit"] == 3 and codes["due_date_blank"] == 15
    slashed = next(e for e in report.columns["issue_date"]["evidence"] if e["code"] == "date_style_only")
    assert (slashed["style"], slashed["values"], slashed["fits"]) == ("DD/MM/YYYY", 10, 10)
