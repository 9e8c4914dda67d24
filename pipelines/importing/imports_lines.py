"""Exports with a row for every line of an invoice: the lines of one invoice are added up to one row."""

from pathlib import Path
from typing import Any

from pipelines.importing.imports_figures import KEYS
from pipelines.importing.imports_places import place_sql
from pipelines.importing.imports_reading import Reading
from pipelines.literals import parquet
from pipelines.reading.mapping_headers import line_columns

# What all lines of an invoice must have in common to be lines of one.
_SAME = ("customer_id", "customer_name", "doc_type", "issue_date", "due_date", "currency")


def add_up_lines(reading: Reading, rows: Path) -> dict[str, Any] | None:
    """Add the lines of each invoice up: the sums to `settled`, the rows that went into them to `dropped`, `rejected`.

    Rows that are the same in every cell as one before are doubles, not lines. Returns the note for the report; None
    where the file has no lines, or repeats the amount of the whole invoice on each of them.
    """
    con, labels = reading.con, reading.layout.labels
    first = {name: place_sql(reading.raw.together, name) for name in ("first_line", "first_alike")}
    columns = [labels[i] for i in line_columns(labels)]
    if reading.mapping.kind != "invoices" or not columns:
        return None
    key = ", ".join(
        "coalesce(instalment_no, 1)" if k == "instalment_no" else f"coalesce({k}, '')" for k in KEYS["invoices"]
    )
    same = " and ".join(f"count(distinct coalesce(cast({name} as varchar), '')) = 1" for name in _SAME)
    con.execute(
        f"""create temp table several as
            select line_no, row({key}) as key, {", ".join(_SAME)}, amount, open_amount
            from {parquet(rows)} qualify count(*) over (partition by {key}) > 1"""
    )
    cells = ", ".join(f"coalesce(r.c{i}, '')" for i in range(len(labels)))
    con.execute(
        f"""create temp table told as
            select s.*, concat_ws(' | ', {cells}) as raw_text, min(s.line_no) over alike as first_alike
            from several s join {reading.written("select line_no from several")} r on r.line_no = s.line_no
            window alike as (partition by key, concat_ws('\x1f', {cells}))"""
    )
    con.execute(
        f"""create temp table whole as
            select key, min(line_no) as first_line, sum(amount) as amount, count(distinct amount) as amounts,
                -- what is open of the whole invoice stands on each of its lines, or each line has its own
                case when count(distinct open_amount) = 1 and count(open_amount) = count(*)
                        and abs(max(open_amount)) > min(abs(amount))
                    then max(open_amount) else sum(open_amount) end as open_amount
            from told where line_no = first_alike group by key having count(*) > 1 and {same}"""
    )
    found = con.execute("select count(*), coalesce(max(amounts), 0) from whole").fetchone() or (0, 0)
    if found[1] < 2:
        return None
    con.execute("insert into settled select first_line, amount, open_amount from whole")
    con.execute(
        f"""insert into rejected
            select line_no, null, cast(t.amount as varchar),
                case when line_no > first_alike
                    then to_json({{'code': 'duplicate_row', 'line': {first["first_alike"]}}})
                    else to_json({{'code': 'invoice_line', 'line': {first["first_line"]}}}) end,
                raw_text
            from told t join whole w on w.key = t.key where line_no <> first_line"""
    )
    con.execute(
        "insert into dropped select t.line_no from told t join whole w on w.key = t.key where line_no <> first_line"
    )
    lines = "select count(*) from told t join whole w on w.key = t.key where line_no = first_alike"
    (count,) = con.execute(lines).fetchone() or (0,)
    return {"code": "lines_added_up", "rows": count, "invoices": found[0], "columns": columns}
