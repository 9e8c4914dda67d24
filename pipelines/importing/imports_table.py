"""One table of an export understood: where it stands, what its columns mean, how its customers are told."""

import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from pipelines.reading import mapping as mappings
from pipelines.reading.mapping_bills import bill_columns
from pipelines.reading.mapping_errors import BillRegister
from pipelines.reading.mapping_headers import compact, known_as
from pipelines.reading.readers_groups import Groups, fill_down, fill_groups, find_groups, is_merged
from pipelines.reading.readers_layout import Layout, is_total
from pipelines.reading.readers_raw import Raw
from pipelines.reading.values_words import by_table

CUSTOMER = {"customer_id", "customer_name"}
_ACCOUNTS = ("account", "accountid", "konto")  # what customers and the accounts of the ledger are both called
_DOC_TYPE = by_table("doc_type")
_TOLD = {"invoice_id", "issue_date", "amount", *CUSTOMER}  # what a row cannot do without
_DATE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}")


@dataclass(frozen=True)
class Table:
    """An opened table with its header and the meaning of its columns.

    `groups` tells how customers stand above their documents, `merged` the columns whose blank cells repeat the one
    above; either adds columns after the last one.
    """

    raw: Raw
    layout: Layout
    mapping: mappings.Mapping
    groups: Groups | None
    merged: tuple[int, ...]

    @property
    def plain(self) -> bool:
        """Whether every row names its own customer."""
        return not self.groups and not self.merged


def understand(
    raw: Raw, layout: Layout, name: str, *, kind: str | None, said: Dict[str, Any], kept: list[str]
) -> Table:
    """Map a table's columns; `said` is what a person said, `kept` which columns of it come from an earlier export.

    Raises BillRegister and what `mapping.choose` raises.
    """
    refuse_bills(raw, layout, name, kind=kind, said=said)
    is_named = bool((said.get("columns") or {}).keys() & CUSTOMER) or any(
        column in CUSTOMER for header in layout.labels for column, _ in known_as("invoices", header)
    )
    groups = find_groups(raw, layout.first_line, _is_no_heading, is_total, is_named=is_named, width=len(layout.labels))
    mapping = mappings.choose(
        layout.labels,
        name,
        kind=kind,
        given=said,
        titles=[*layout.titles, raw.sheet or ""],
        group_column=(len(layout.labels) if groups.is_shared else groups.column) if groups else None,
        saved=kept,
        barred=_barred(raw, layout, is_grouped=groups is not None),
    )
    mapping, merged = _merged_customers(mapping, raw, layout)
    return Table(raw, layout, mapping, groups, tuple(merged))


def refuse_bills(raw: Raw, layout: Layout, name: str, *, kind: str | None, said: Dict[str, Any]) -> None:
    """Raise BillRegister for a register of bills, unless a person says what kind it is or what its columns mean."""
    if kind or said.get("kind") or said.get("columns"):
        return
    rows = [cells for line, cells in raw.head if line >= layout.first_line]
    titles = [*layout.titles, raw.sheet or "", name]
    if headers := bill_columns(layout.labels, titles, rows):
        raise BillRegister(name, headers)


def _is_no_heading(cell: str) -> bool:
    """Whether a cell is a figure, a date or the type of a document, none of which is a customer."""
    return mappings.is_data(cell) or _DOC_TYPE(cell) is not None


def fill_customers(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Give each row of the loaded table `raw` the customer that stands above it."""
    width = len(table.layout.labels)
    if table.merged:
        fill_down(con, table.merged, width)
    if table.groups:
        fill_groups(con, table.groups, width, _is_no_heading, is_total)


def _barred(raw: Raw, layout: Layout, *, is_grouped: bool) -> set[tuple[str, int]]:
    """Columns whose first values rule out what their header is known for.

    An account with several customers or none is one of the ledger; terms that are dates are due dates; a column
    without a value leaves its meaning to another that has some.
    """
    rows = [cells for line, cells in raw.head if line >= layout.first_line and not any(map(is_total, cells))]

    def values(index: int) -> list[str]:
        return [cells[index].strip() for cells in rows if index < len(cells) and cells[index].strip()]

    known = [{column for column, _ in known_as("invoices", header)} for header in layout.labels]
    customers = max((len(set(values(i))) for i, names in enumerate(known) if "customer_name" in names), default=0)
    barred: set[tuple[str, int]] = set()
    for index, header in enumerate(layout.labels):
        own = set(values(index))
        if compact(header) in _ACCOUNTS and (not own or len(own) == 1 < customers or (is_grouped and _of_ledger(own))):
            barred.add(("customer_id", index))
        elif not own and any(name == "reference" for name, _ in known_as("receipts", header)):
            barred.add(("reference", index))
        elif "terms_days" in known[index] and (dates := values(index)) and all(map(_DATE.fullmatch, dates)):
            barred.add(("terms_days", index))
        elif {"doc_type", "invoice_id"} <= known[index]:  # `Документ` names either
            barred.add(("invoice_id" if own and all(map(_DOC_TYPE, own)) else "doc_type", index))
    # Beside the numbers of electronic invoices those of paper ones are often blank, and stand further down.
    told = _TOLD - {"invoice_id"} if any("e_invoice_no" in names for names in known) else _TOLD
    for name in told:
        columns = [index for index, names in enumerate(known) if name in names]
        if any(values(index) for index in columns):
            barred |= {(name, index) for index in columns if not values(index)}
    return barred


def _of_ledger(accounts: set[str]) -> bool:
    """Whether all of these are accounts of receivables, not of customers."""
    return all(re.search(r"receivable|a/r|应收|forderung", account, re.I) for account in accounts)


def _merged_customers(mapping: mappings.Mapping, raw: Raw, layout: Layout) -> tuple[mappings.Mapping, list[int]]:
    """The mapping with customers taken from filled-down columns where their cells are merged over their rows."""
    sample = [cells for line, cells in raw.head if line >= layout.first_line and not any(map(is_total, cells))]
    columns = dict(mapping.columns)
    merged: list[int] = []
    named = [n for n in ("customer_id", "customer_name") if n in columns and columns[n].how != "group"]
    indexes = [columns[name].index for name in named]
    # A row that has its own number is not the customer's above, though its name is blank.
    if mapping.kind not in ("invoices", "receipts") or not all(is_merged(sample, index) for index in indexes):
        return mapping, []
    if any(len({index < len(cells) and bool(cells[index].strip()) for index in indexes}) > 1 for cells in sample):
        return mapping, []
    for place, (name, index) in enumerate(zip(named, indexes, strict=True), len(layout.labels)):
        columns[name] = replace(columns[name], index=place, how="group")
        merged.append(index)
    return replace(mapping, columns=columns), merged
