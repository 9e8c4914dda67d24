"""The imports that a build was made from, the totals they state, and the rows they set aside."""

import pandas as pd

from pipelines.reporting.queries import Connection, _frame, _row


def imports(con: Connection) -> pd.DataFrame:
    """The imports this build was made from, oldest first."""
    return _frame(con, "select * from imports order by imported_at, import_id")


def stated_totals(con: Connection) -> pd.DataFrame | None:
    """The totals that the imports of a build state, or had typed, one row a currency; those that are off come first.

    None where the build was made before it kept them.

    import_id, file_name, kind, rows_not_accepted (rejected and no total row), currency (missing where no row names
    one), is_added_up (of several currencies added up, held against the accepted amounts added up alike),
    accepted_total, control_total, difference_doc (accepted less stated).
    """
    known = "select count(*) as known from information_schema.tables where table_name = 'import_totals'"
    if not _row(con, known)["known"]:
        return None
    return _frame(
        con,
        """
        select imports.import_id, imports.file_name, imports.kind,
            imports.rows_rejected - imports.rows_set_aside as rows_not_accepted, totals.currency, totals.is_added_up,
            totals.accepted_total, totals.control_total, totals.difference_doc
        from import_totals as totals
        inner join imports using (import_no)
        where totals.control_total is not null
        order by abs(totals.difference_doc) desc, imports.import_no, totals.is_added_up, totals.currency
        """,
    )


def rejected_rows(con: Connection, import_id: str) -> pd.DataFrame:
    """The rows of one import that were set aside, in file order."""
    return _frame(con, "select * from rejected_rows where import_id = ? order by sheet, line_no", [import_id])
