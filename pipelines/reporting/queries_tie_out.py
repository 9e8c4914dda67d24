"""The tie-out: the same receivables counted independently, the rows where they part, and the totals of the exports."""

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame, _row
from pipelines.reporting.queries_aging import OPEN_AT

CENT = Decimal("0.01")
Customer = tuple[str, str]  # entity_id, customer_id

# Every amount that ever moved a balance by $day, under the key of the open item it moved (as fct_open_items has it).
_MOVEMENTS = """
    select instalment_key as item_key, account_key, amount_doc, amount_base
    from int_instalment_balances where issue_date <= $day and {limit}
    union all
    select instalment_key, account_key, -amount_doc, -amount_base
    from int_applications where applied_on <= $day and {limit}
    union all
    select -line_key, account_key, change_doc, change_base
    from int_unapplied_events where event_on <= $day and {limit}
"""

# Items open by less than a cent in their own currency: now as they are kept, and as of $day over `balances`.
_OF_MONEY = """
    select account_key, sum(change_base) from int_unapplied_events where event_on <= $day and {limit}
    group by line_key, account_key having abs(sum(change_doc)) < 0.01
"""
_RESIDUES_NOW = f"""
    select account_key, open_base from int_instalment_balances
    where abs(open_doc) < 0.01 and open_base <> 0 and {{limit}}
    union all {_OF_MONEY}
"""
_RESIDUES_AT = f"""
    select account_key, open_base from int_instalment_balances
    where closed_on <= $day and open_base <> 0 and {{limit}}
    union all select account_key, left_base from balances where abs(left_doc) < 0.01 and {{limit}}
    union all {_OF_MONEY}
"""
_LISTS_NOW = """
    select 1 as place, 'open_items' as measure, sum(open_base) as amount_base from fct_open_items where {limit}
    union all select 2, 'buckets', sum(open_base) from fct_aging where {where}
"""
_LISTS_AT = "select 1 as place, 'buckets' as measure, sum(open_base) as amount_base from open_at where {limit}"
_BUCKETS_NOW = """
    select 'buckets', customer_key, null, sum(open_base), sum(counted_base)
    from (
        select customer_key, open_base, 0 as counted_base from fct_open_items where {limit}
        union all select customer_key, 0, open_base from fct_aging where {where}
    )
    group by customer_key
"""
_BUCKETS_AT = "select 'buckets', 0, null, 0, 0 where false"  # the buckets of any day are sums of the same items


@dataclass(frozen=True)
class TieOut:
    """One balance counted several ways, Decimal in base currency.

    amounts: by measure, the first is what the others are held against. residue: what is left of items that are open by
    less than a cent in their own currency, which by definition are not open; it is in none of the amounts. rounded: how
    many parts of an amount were rounded to the cent before they were added.
    """

    amounts: dict[str, Decimal]
    residue: Decimal = Decimal(0)
    rounded: int = 1

    def showing(self, amount: object, measure: str = "shown", rounded: int = 1) -> "TieOut":
        """With what a page itself adds up to as one more measure."""
        shown = Decimal(str(amount)).quantize(CENT)
        return replace(self, amounts={**self.amounts, measure: shown}, rounded=max(rounded, 1))

    @property
    def differences(self) -> dict[str, Decimal]:
        """The measures that differ from the first one by more than rounding: half a cent for each part rounded."""
        first = next(iter(self.amounts.values()))
        least = CENT / 2 * self.rounded
        return {name: gap for name, amount in self.amounts.items() if abs(gap := amount - first) >= least}


def tie_out(con: Connection, scope: Scope, day: dt.date | None = None, customer: Customer | None = None) -> TieOut:
    """The balance of the as-of date, or of any `day` before it, within the scope or of one customer in it.

    `open_items` is the item list (of the as-of date only), `buckets` the aging, `ledger` what was invoiced less what
    was applied, with money on account.
    """
    on, is_now = _day(con, day)
    where, limit, named = _limits(scope, customer)
    found = (
        con.cursor()
        .execute(
            f"""
        with {"" if is_now else OPEN_AT + ","}
        movements as ({_MOVEMENTS.format(limit=limit)}),
        residues as ({(_RESIDUES_NOW if is_now else _RESIDUES_AT).format(limit=limit)}),
        measures as (
            {(_LISTS_NOW if is_now else _LISTS_AT).format(limit=limit, where=where)}
            union all
            select 3, 'ledger', (select sum(amount_base) from movements)
                - (select coalesce(sum(open_base), 0) from residues)
        )
        select measure, coalesce(amount_base, 0), (select coalesce(sum(open_base), 0) from residues)
        from measures
        order by place
        """,
            {"day": on, **named},
        )
        .fetchall()
    )
    return TieOut({measure: Decimal(amount) for measure, amount, _ in found}, Decimal(found[0][2]))


def tie_out_rows(
    con: Connection, scope: Scope, day: dt.date | None = None, customer: Customer | None = None, top: int | None = None
) -> pd.DataFrame:
    """The rows that make a difference of `tie_out`, the `top` with the widest gap first: none where it ties out.

    measure (`ledger`: an item whose listed amount is not what was invoiced less applied; `buckets`: a customer whose
    buckets are not its items), entity_id, customer_id, customer_name, invoice_id and instalment_no (of an item),
    open_base (open items), counted_base (the other count), difference (counted less open), whole (how many rows).
    """
    on, is_now = _day(con, day)
    where, limit, named = _limits(scope, customer)
    return _frame(
        con,
        f"""
        with {"" if is_now else OPEN_AT + ","}
        movements as ({_MOVEMENTS.format(limit=limit)}),
        counted as (
            select item_key, account_key,
                case when abs(sum(amount_doc)) < 0.01 then 0 else sum(amount_base) end as counted_base
            from movements
            group by item_key, account_key
        ),
        listed as (
            select item_key, account_key, open_base from {"fct_open_items" if is_now else "open_at"} where {limit}
        ),
        compared as (
            select 'ledger' as measure, accounts.customer_key, item_key, coalesce(listed.open_base, 0) as open_base,
                coalesce(counted.counted_base, 0) as counted_base
            from listed
            full outer join counted using (item_key, account_key)
            inner join int_accounts as accounts using (account_key)
            union all
            {(_BUCKETS_NOW if is_now else _BUCKETS_AT).format(limit=limit, where=where)}
        )
        select compared.measure, customers.entity_id, customers.customer_id, customers.customer_name,
            coalesce(items.invoice_id, receipts.receipt_id) as invoice_id, items.instalment_no,
            compared.open_base, compared.counted_base, compared.counted_base - compared.open_base as difference,
            count(*) over () as whole
        from compared
        inner join dim_customers as customers using (customer_key)
        left join int_instalments as items on compared.item_key = items.instalment_key
        left join int_receipt_texts as receipts on -compared.item_key = receipts.line_key
        where compared.open_base <> compared.counted_base
        order by abs(compared.counted_base - compared.open_base) desc, measure desc, customers.customer_id, invoice_id
        limit $top
        """,
        {"day": on, "top": top, **named},
    )


def in_favour(con: Connection, scope: Scope) -> Decimal:
    """What customers have paid beyond what they owe: the balances below zero, as an amount above it."""
    where, values = scope.where()
    found = _row(
        con,
        f"""
        select coalesce(-sum(open_base), 0) as amount_base
        from (select sum(open_base) as open_base from fct_account_balances where {where} group by customer_key)
        where open_base < 0
        """,
        values,
    )
    return Decimal(found["amount_base"])


def _day(con: Connection, day: dt.date | None) -> tuple[dt.date, bool]:
    """The day to count at, and whether it is the as-of date, of which the build keeps its lists."""
    as_of: dt.date = _row(con, "select as_of from build_info")["as_of"]
    return day or as_of, day is None or day == as_of


def _limits(scope: Scope, customer: Customer | None) -> tuple[str, str, dict[str, object]]:
    """The same limit on the text columns and on account_key, with its named parameters; `true` where there is none."""
    allowed = list(scope.limits().items())
    if customer:
        allowed += [("entity_id", customer[:1]), ("customer_id", customer[1:])]
    named: dict[str, object] = {}
    clauses = []
    for place, (column, values) in enumerate(allowed):
        names = [f"limit_{place}_{number}" for number in range(len(values))]
        named |= dict(zip(names, values, strict=True))
        clauses.append(f"{column} in ({', '.join(f'${name}' for name in names)})")
    if not clauses:
        return "true", "true", {}
    where = " and ".join(clauses)
    return where, f"account_key in (select account_key from int_accounts where {where})", named
