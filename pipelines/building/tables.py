"""Find the SQL files, order them by what they read, and run them: one file, one table, file name = table name."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

FOLDER = Path(__file__).resolve().parent.parent / "sql"
PARAMETER = re.compile(r"\$(\w+)")
# What stands after `from` or `join`. A file's own CTEs are among them and fall away in `in_order`, which looks at
# tables only. The engine's own get_table_names binds the statement and so needs the tables to be there already.
READ = re.compile(r"\b(?:from|join)\s+(\w+)")
COMMENT = re.compile(r"--.*")

Maker = Callable[[duckdb.DuckDBPyConnection], None]

# Folders of statements that make no table of a build.
NO_TABLES = frozenset({"checks", "updates"})

# When exports are added to a build, a table is brought up to date by the customers they touch, unless it stands in
# one of these sets. Here, by the documents and receipt lines they touch; of a customer's others nothing is made again.
BY_DOCUMENT = frozenset(
    {
        "fct_exchange_differences",
        "fct_left_out",
        "fct_open_items",
        "fct_receipt_decisions",
        "int_accounts",
        "int_aging_accounts",
        "int_aging_desks",
        "int_applications",
        "int_balance_spans",
        "int_bounced_lines",
        "int_class_spans",
        "int_cohort_months",
        "int_contested_instalments",
        "int_customers",
        "int_decided_lines",
        "int_decided_parts",
        "int_directed_lines",
        "int_due_classes",
        "int_instalment_balances",
        "int_instalments",
        "int_lateness_months",
        "int_movement_months",
        "int_open_items_only",
        "int_open_list_payments",
        "int_owners",
        "int_quoted_documents",
        "int_receipt_lines",
        "int_receipt_texts",
        "int_receivables_desks",
        "int_roll_months",
        "int_run_days",
        "int_spent_documents",
        "int_spread_applications",
        "int_targeted_applications",
        "int_unapplied_events",
        "int_undirected_applications",
        "stg_customers",
        "stg_fx_rates",
        "stg_invoices",
        "stg_receipts",
        "stg_superseded_invoices",
        "stg_superseded_receipts",
        "stg_tax_numbers",
    }
)
# Ranks among all customers, sums over all, lists of what was imported: made anew from the whole build.
OVER_ALL = frozenset(
    {
        "imports",
        "rejected_rows",
        "dim_customer_merges",
        "fct_aged_summary",
        "int_desks",
        "int_desk_names",
        "int_payer_money",
        "int_payer_scores",
        "fct_call_list",
        "fct_overdue_ranking",
    }
)
# Sums that may be corrected by what the touched documents brought to them before and bring now: their keys.
ADDED_UP = {
    "int_aging_accounts": ("month_no", "account_key", "bucket_order"),
    "int_movement_months": ("month_no", "account_key", "kind"),
    "int_aging_desks": ("month_no", "desk_key", "bucket_order"),
    "int_receivables_desks": ("month_no", "desk_key", "is_from_open_items"),
    "fct_left_out": ("import_no", "kind", "entity_id", "customer_id", "reason"),
    "int_cohort_months": ("month_no", "desk_key", "age_days"),
    "int_lateness_months": ("month_no", "desk_key"),
    "int_roll_months": ("month_no", "desk_key", "from_order", "to_order"),
}
# What ranks among all say of a customer stands in its own row, too: there it is corrected for everyone, from a table of
# the build,
RANKED = {"fct_payer_components": "int_payer_money", "fct_payer_priority": "int_payer_scores"}
# or from itself, by a statement of `updates`.
RANKED_BY_ITSELF = {"fct_early_warnings": "upd_warning_ranks"}
# What touched customers have in these is read by documents and by many tables about customers: it is looked up once.
LOOKED_UP = frozenset({"int_applications", "int_instalment_balances"})
# Made by a statement of `updates` there, as what it reads in a whole build is not at hand.
MADE_OTHERWISE = {"int_pay_days": "upd_pay_days"}
# Whoever stands here is always among the touched customers.
COMPLETE = frozenset({"fct_promises", "fct_receipt_decisions"})
# The habits of all customers together, by which each one's own are smoothed: those of the last whole build.
HELD = frozenset({"int_pay_hazards"})
# Tells a build that would go on whether contacts were recorded when this one was made.
TOLD = frozenset({"int_payer_care"})


@dataclass(frozen=True)
class Table:
    """One table of the build: its select statement, or what makes it in Python, and the tables it reads."""

    name: str
    reads: frozenset[str]
    sql: str = ""
    make: Maker | None = None
    kept: bool = True  # stands in the published file; the others are dropped after their last reader
    is_view: bool = False


def from_files(folder: Path = FOLDER) -> list[Table]:
    """The tables of `sql/staging`, `intermediate`, `marts` and `reports`, and the views of `sql/views`.

    Facts are kept under integer keys and views put the text on them, so a staging or intermediate table is kept when
    a view reads it, or when a later build that goes on from this one needs it, and dropped otherwise.
    """
    tables = []
    for path in sorted(folder.glob("*/*.sql")):
        layer = path.parent.name
        if layer in NO_TABLES:
            continue
        sql = path.read_text(encoding="utf-8")
        reads = frozenset(READ.findall(COMMENT.sub("", sql)))
        kept = layer not in ("staging", "intermediate")
        tables.append(Table(path.stem, reads, sql=sql, kept=kept, is_view=layer == "views"))
    over_all = frozenset[str]().union(*(table.reads for table in tables if table.name in OVER_ALL)) - OVER_ALL
    needed = (HELD | TOLD | over_all).union(*(table.reads for table in tables if table.is_view))
    needed -= {table.name for table in tables if table.name.startswith("stg_")}
    return [replace(table, kept=table.kept or table.name in needed) for table in tables]


def in_order(tables: Sequence[Table]) -> list[Table]:
    """The tables so that each comes after all it reads; alphabetical where nothing decides."""
    by_name = {table.name: table for table in tables}
    sorter = TopologicalSorter({table.name: sorted(table.reads & by_name.keys()) for table in tables})
    return [by_name[name] for name in sorter.static_order()]


def run(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[Table],
    parameters: Mapping[str, object],
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Make every table on `con`; `progress(name, done, total)` is called before each.

    A file is given just the parameters it names. Tables that are not kept are temporary and go as soon as no later
    table reads them, so that memory holds only what is still needed.
    """
    ordered = in_order(tables)
    for done, table in enumerate(ordered):
        if progress:
            progress(table.name, done, len(ordered))
        if table.make:
            table.make(con)
        else:
            kind = "view" if table.is_view else "table" if table.kept else "temp table"
            # A view takes no parameters, so its values are written into it.
            sql, values = (
                (inlined(table.sql, parameters), {}) if table.is_view else (table.sql, used(table.sql, parameters))
            )
            con.execute(f"create {kind} {table.name} as {sql}", values)
        still_read: frozenset[str] = frozenset().union(*(later.reads for later in ordered[done + 1 :]))
        for earlier in ordered[: done + 1]:
            if not earlier.kept and earlier.name in (table.reads | {table.name}) and earlier.name not in still_read:
                con.execute(f"drop table temp.{earlier.name}")


def inlined(sql: str, parameters: Mapping[str, object]) -> str:
    """The statement with its whole-number parameters written out."""
    return PARAMETER.sub(lambda found: str(int(str(parameters[found[1]]))), sql)


def used(sql: str, parameters: Mapping[str, object]) -> dict[str, object]:
    """Just the parameters that `sql` names: the engine refuses others. Raises KeyError for one that is not given."""
    return {name: parameters[name] for name in set(PARAMETER.findall(sql))}
