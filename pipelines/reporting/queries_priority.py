"""Payer priority on the pages: whom to act on first, our place with each payer, and what other rules would change."""

import json
from collections.abc import Sequence

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame, _row, _sql_of
from pipelines.settings_policy import StrategyRule

RULE_COLUMNS = (
    "place integer, strategy varchar, method varchar, classes varchar, customer_type varchar, min_days integer, "
    "max_days integer, min_overdue double, min_broken integer, disputed boolean"
)


def payers(con: Connection, scope: Scope, text: str = "") -> pd.DataFrame:
    """Customers whose name or id contains `text`, most urgent first.

    entity_id, customer_id, customer_name, rep, open_base and overdue_base (both within the scope), priority_rank,
    priority_score, payer_class, queue_place (1 = we are paid first, 5 = last), queue_trend, queue_reasons, reasons.
    """
    condition, values = scope.where("aging")
    return _frame(
        con,
        f"""
        with amounts as (
            select aging.entity_id, aging.customer_id, sum(aging.open_base) as open_base,
                coalesce(sum(aging.open_base) filter (aging.bucket not in ('not_due', 'unapplied')), 0) as overdue_base
            from fct_aging as aging
            where {condition}
            group by aging.entity_id, aging.customer_id
        )
        select customers.entity_id, customers.customer_id, customers.customer_name, customers.rep,
            coalesce(amounts.open_base, 0) as open_base, coalesce(amounts.overdue_base, 0) as overdue_base,
            priority.priority_rank, priority.priority_score, priority.payer_class, priority.queue_place,
            priority.queue_trend, priority.queue_reasons, priority.reasons
        from dim_customers as customers
        {"inner" if scope.limits() else "left"} join amounts using (entity_id, customer_id)
        inner join fct_payer_priority as priority using (customer_key)
        where contains(lower(customers.customer_name), lower(?)) or contains(lower(customers.customer_id), lower(?))
        order by priority.priority_rank
        """,
        [*values, text, text],
    )


def places(con: Connection, scope: Scope) -> pd.DataFrame:
    """How many customers with something open stand at each place of ours: queue_place, customers, open_base, worse.

    queue_place is null for those who have paid too little to tell; `worse`: how many stood better a year ago.
    """
    condition, values = scope.where("aging")
    return _frame(
        con,
        f"""
        with amounts as (
            select aging.entity_id, aging.customer_id, sum(aging.open_base) as open_base
            from fct_aging as aging
            where {condition}
            group by aging.entity_id, aging.customer_id
            having sum(aging.open_base) > 0
        )
        select priority.queue_place, count(*) as customers, sum(amounts.open_base) as open_base,
            count(*) filter (priority.queue_trend = 'worse') as worse
        from amounts
        inner join fct_payer_priority as priority using (entity_id, customer_id)
        group by priority.queue_place
        order by priority.queue_place nulls last
        """,
        values,
    )


def weights(con: Connection) -> dict[str, float]:
    """The weight of each component of the score in this build."""
    stored = _row(con, "select settings->>'priority_weights' as weights from build_info")["weights"]
    return {name: float(weight) for name, weight in json.loads(stored).items()}


def trial(con: Connection, scope: Scope, weighed: tuple[tuple[str, float], ...]) -> pd.DataFrame:
    """Every customer with something open, as ranked now and as these weights would rank it, by the build's statement.

    entity_id, customer_id, customer_name, rep, overdue_base, old_rank, old_score, old_class, new_rank, new_score,
    new_class, moved (places up; negative: down). Ranks are among the customers shown.
    """
    condition, named = _named(scope, "old")
    return _frame(
        con,
        f"""
        with trial as ({_sql_of("intermediate/int_payer_scores")}),
        both_of as (
            select old.entity_id, old.customer_id, old.rep, old.overdue_base,
                row_number() over (order by old.priority_rank) as old_rank, old.priority_score as old_score,
                old.payer_class as old_class, row_number() over (order by trial.priority_rank) as new_rank,
                trial.priority_score as new_score, trial.payer_class as new_class
            from fct_payer_priority as old
            inner join trial using (customer_key)
            where old.open_base > 0 and {condition}
        )
        select both_of.*, customers.customer_name, both_of.old_rank - both_of.new_rank as moved
        from both_of
        inner join dim_customers as customers using (entity_id, customer_id)
        order by both_of.new_rank
        """,
        {**named, **{f"weight_{name}": weight for name, weight in weighed}},
    )


def strategies(con: Connection, scope: Scope, rules: Sequence[StrategyRule]) -> pd.DataFrame:
    """The call lists as they are and as these rules would make them, by the build's statement, one row per call.

    rep, entity_id, customer_id, customer_name, payer_class, overdue_base, old_strategy, old_method, new_strategy,
    new_method, rule_place (the rule that fits, from 1).
    """
    condition, named = _named(scope, "old")
    rows, given = [], dict[str, object]()
    for place, rule in enumerate(rules, start=1):
        fields = {"place": place, **rule.model_dump()}
        names = [column.split()[0] for column in RULE_COLUMNS.split(", ")]
        given |= {f"rule_{name}_{place}": fields[name] for name in names}
        casts = (f"cast($rule_{name}_{place} as {column.split()[1]})"
                 for name, column in zip(names, RULE_COLUMNS.split(", "), strict=True))  # fmt: skip
        rows.append(f"({', '.join(casts)})")
    columns = ", ".join(column.split()[0] for column in RULE_COLUMNS.split(", "))
    build = _row(con, "select as_of, cast(settings->>'call_lead_days' as integer) as call_lead_days from build_info")
    return _frame(
        con,
        f"""
        with ref_strategy_rules as (select * from (values {", ".join(rows)}) as given({columns})),
        trial as ({_sql_of("reports/fct_call_list")})
        select old.rep, old.entity_id, old.customer_id, customers.customer_name, old.payer_class, old.overdue_base,
            old.strategy as old_strategy, old.next_action as old_method, trial.strategy as new_strategy,
            trial.next_action as new_method, trial.rule_place
        from fct_call_list as old
        inner join trial on old.rep = trial.rep and old.customer_key = trial.customer_key
        inner join dim_customers as customers on old.customer_key = customers.customer_key
        where {condition}
        order by old.rep, old.call_rank
        """,
        {**named, **given, **build},
    )


def early_warnings(con: Connection, scope: Scope) -> pd.DataFrame:
    """Customers whose money is not yet due and may not come in time, most signs first: fct_early_warnings and names."""
    condition, values = scope.where("warnings")
    return _frame(
        con,
        f"""
        select warnings.*, customers.customer_name
        from fct_early_warnings as warnings
        inner join dim_customers as customers using (customer_key)
        where {condition}
        order by warnings.warning_rank
        """,
        values,
    )


def customer_types(con: Connection) -> list[str]:
    """The kinds of customers that the master data names."""
    found = con.cursor().execute(
        "select distinct customer_type from dim_customers where customer_type <> '' order by 1"
    )
    return [row[0] for row in found.fetchall()]


def _named(scope: Scope, alias: str) -> tuple[str, dict[str, object]]:
    """The scope's condition with named parameters, for statements that name theirs."""
    clauses, named = [], dict[str, object]()
    for column, allowed in scope.limits().items():
        names = [f"{column}_{place}" for place in range(len(allowed))]
        named |= dict(zip(names, allowed, strict=True))
        clauses.append(f"{alias}.{column} in ({', '.join(f'${name}' for name in names)})")
    return " and ".join(clauses) or "true", named
