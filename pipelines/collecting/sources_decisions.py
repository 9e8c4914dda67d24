"""What people decided about imported rows, as tables of the build: customers that are one, and where money goes.

The stored imports stay as they came; a decision that is taken back leaves no trace in the next build.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb

from pipelines.literals import literal
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    from pipelines.collecting import follow_up

Customer = tuple[str, str]  # entity_id, customer_id

TABLES = (
    "create table raw_merges (entity_id VARCHAR, customer_id VARCHAR, into_id VARCHAR, merged_by VARCHAR, "
    "merged_at TIMESTAMP, note VARCHAR)",
    "create table raw_decisions (decision_id BIGINT, entity_id VARCHAR, import_id VARCHAR, line_no BIGINT, "
    "receipt_id VARCHAR, paid_on DATE, amount DECIMAL(18,4), decided_by VARCHAR, decided_at TIMESTAMP, note VARCHAR)",
    "create table raw_decided_parts (decision_id BIGINT, invoice_id VARCHAR, instalment_no INTEGER, "
    "amount DECIMAL(18,4))",
)
NAMED_BY_EXPORTS = ("raw_invoices", "raw_receipts", "raw_aged_summary")
# What people entered about customers: one row an entry, and one row a customer (and aspect) with how two become one.
ENTERED = ("raw_promises", "raw_bills", "raw_touches")
SUMMED = {
    "raw_ratings": "aspect, arg_min(score, merges.into_id is not null) as score",  # the customer's own, if there is one
    "raw_readiness": "cast(sum(confirmed) as integer) as confirmed, cast(sum(missing) as integer) as missing",
    "raw_transfers": "arg_min(days, merges.into_id is not null) as days",
}


def attach(con: duckdb.DuckDBPyConnection, settings: Settings, known_at: dt.datetime) -> None:
    """Create `raw_merges`, `raw_decisions` and `raw_decided_parts` from the entries standing at `known_at`."""
    for statement in TABLES:
        con.execute(statement)
    if not (settings.journal_url or Warehouse.of(settings).journal.exists()):
        return
    # Nobody waits for the journal's libraries where nothing was ever entered.
    from pipelines.collecting import follow_up

    merged = {note.customer: note for note in follow_up.notes(settings, kind="same_customer", known_at=known_at)}
    targets = final_targets({customer: note.payload.into for customer, note in merged.items()})
    rows = [
        (*customer, into, merged[customer].changed_by, _utc(merged[customer].changed_at), merged[customer].payload.note)
        for customer, into in targets.items()
    ]
    _insert(con, "raw_merges", rows)
    decisions = follow_up.notes(settings, kind="application", known_at=known_at)
    _insert(con, "raw_decisions", [_decision(note) for note in decisions])
    parts = [
        (note.version_id, part.invoice_id, part.instalment_no, part.amount)
        for note in decisions
        for part in note.payload.parts
    ]
    _insert(con, "raw_decided_parts", parts)


def final_targets(into: Mapping[Customer, str]) -> dict[Customer, str]:
    """Each merged customer with the number it ends up under, chains followed; a ring merges nothing."""
    found: dict[Customer, str] = {}
    for entity_id, customer_id in into:
        passed, current = {customer_id}, into[entity_id, customer_id]
        while (entity_id, current) in into and current not in passed:
            passed.add(current)
            current = into[entity_id, current]
        if current not in passed:
            found[entity_id, customer_id] = current
    return found


def apply_merges(con: duckdb.DuckDBPyConnection, default_entity: str) -> None:
    """Let every row that names a merged customer name the one it was merged into; nothing where none was merged.

    A merged customer's own name and master data give way to those of the customer it was merged into, where there are
    any.
    """
    found = con.execute("select exists (select 1 from raw_merges)").fetchone()
    if not found or not found[0]:
        return
    entity = literal(default_entity)
    same = f"coalesce(named.entity_id, {entity}) = merges.entity_id and named.customer_id = merges.customer_id"
    for table in NAMED_BY_EXPORTS:
        columns = {name for name, *_ in con.execute(f"describe {table}").fetchall()}
        name = ", case when merges.into_id is null then named.customer_name end as customer_name"
        _replace(
            con,
            table,
            f"select named.* replace (coalesce(merges.into_id, named.customer_id) as customer_id"
            f"{name if 'customer_name' in columns else ''}) from {{rows}} as named left join raw_merges as merges "
            f"on {same}",
        )
    _replace(
        con,
        "raw_customers",
        f"select named.* replace (coalesce(merges.into_id, named.customer_id) as customer_id, "
        f"coalesce(parents.into_id, named.parent_id) as parent_id) "
        f"from {{rows}} as named left join raw_merges as merges on {same} "
        f"left join raw_merges as parents on coalesce(named.entity_id, {entity}) = parents.entity_id "
        f"and named.parent_id = parents.customer_id "
        f"where merges.into_id is null or not exists (select 1 from {{rows}} as kept "
        f"where coalesce(kept.entity_id, {entity}) = merges.entity_id and kept.customer_id = merges.into_id)",
    )
    on = "named.entity_id = merges.entity_id and named.customer_id = merges.customer_id"
    for table in ENTERED:
        con.execute(f"update {table} as named set customer_id = merges.into_id from raw_merges as merges where {on}")
    for table, kept in SUMMED.items():
        con.execute(
            f"create or replace table {table} as select named.entity_id, "
            f"coalesce(merges.into_id, named.customer_id) as customer_id, {kept} "
            f"from {table} as named left join raw_merges as merges on {on} group by all"
        )


def _replace(con: duckdb.DuckDBPyConnection, table: str, select: str) -> None:
    """Put a view of the same name over the view of rows as they were imported."""
    con.execute(f"alter view {table} rename to {table}_as_imported")
    con.execute(f"create view {table} as {select.format(rows=f'{table}_as_imported')}")


def _decision(note: "follow_up.Note") -> tuple[object, ...]:
    said = note.payload
    line = (said.import_id, said.line_no, said.receipt_id or None, said.paid_on, said.amount)
    return note.version_id, note.entity_id, *line, note.changed_by, _utc(note.changed_at), said.note


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        con.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)
