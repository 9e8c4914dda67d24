"""The imports that a build was made from, and the rows they set aside."""

import pandas as pd

from pipelines.reporting.queries import Connection, _frame


def imports(con: Connection) -> pd.DataFrame:
    """The imports this build was made from, oldest first."""
    return _frame(con, "select * from imports order by imported_at, import_id")


def rejected_rows(con: Connection, import_id: str) -> pd.DataFrame:
    """The rows of one import that were set aside, in file order."""
    return _frame(con, "select * from rejected_rows where import_id = ? order by sheet, line_no", [import_id])
