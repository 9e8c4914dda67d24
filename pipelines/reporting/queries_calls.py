"""Who is to be called: the reps with a call list, and the list of each."""

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame


def reps(con: Connection, scope: Scope) -> pd.DataFrame:
    """Reps with someone to call: rep, customers, amount_due_base, overdue_base; most overdue first."""
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        select rep, count(*) as customers, sum(amount_due_base) as amount_due_base, sum(overdue_base) as overdue_base
        from fct_call_list
        where {condition}
        group by rep
        order by overdue_base desc, rep
        """,
        values,
    )


def call_list(con: Connection, scope: Scope, rep: str) -> pd.DataFrame:
    """One rep's ranked call list: the rows of fct_call_list."""
    condition, values = scope.where()
    return _frame(con, f"select * from fct_call_list where rep = ? and {condition} order by call_rank", [rep, *values])
