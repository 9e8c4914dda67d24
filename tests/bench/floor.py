"""The least that loading two exports can cost: DuckDB's own CSV reader into two typed tables, and nothing else."""

import sys
from pathlib import Path

import duckdb

TYPES = {
    "invoices": {
        "Customer ID": "VARCHAR",
        "Customer Name": "VARCHAR",
        "Invoice No": "VARCHAR",
        "Invoice Date": "DATE",
        "Due Date": "DATE",
        "Amount": "DECIMAL(18,4)",
        "Currency": "VARCHAR",
        "Sales Rep": "VARCHAR",
        "Region": "VARCHAR",
    },
    "receipts": {
        "Receipt No": "VARCHAR",
        "Customer ID": "VARCHAR",
        "Payment Date": "DATE",
        "Amount": "DECIMAL(18,4)",
        "Currency": "VARCHAR",
        "Invoice No": "VARCHAR",
    },
}


def main(invoices: Path, receipts: Path, database: str) -> None:
    with duckdb.connect(database) as con:
        for path in (invoices, receipts):
            con.execute(
                f"create table {path.stem} as select * from read_csv(?, columns = {TYPES[path.stem]}, header = true)",
                [str(path)],
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
