"""The data chain of a build: how many rows go into each step and how many come out."""

import pandas as pd

from pipelines.reporting.queries import Connection, _frame


def chain(con: Connection) -> pd.DataFrame:
    """Steps in order: stage, step, rows_in, rows_out. What the steps mean is told by their names, not by the rows.

    Rows of the first stage are lines of the exports; from then on a row is a row of the table the step makes.
    """
    return _frame(
        con,
        """
        with accepted as (
            select kind, sum(rows_read) as rows_read, sum(rows_accepted) as rows_accepted
            from imports
            where retracted_at is null
            group by kind
        ),
        steps as (
            select 10 as place, 'collect' as stage, kind as step, rows_read as rows_in, rows_accepted as rows_out
            from accepted
            union all
            select 20, 'process', 'instalments',
                (select coalesce(sum(rows_accepted), 0) from accepted where kind = 'invoices'),
                (select count(*) from int_instalments)
            union all
            select 21, 'process', 'applications',
                (select coalesce(sum(rows_accepted), 0) from accepted where kind = 'receipts'),
                (select count(*) from int_applications)
            union all
            select 22, 'process', 'customers_known',
                (select coalesce(sum(rows_accepted), 0) from accepted where kind = 'customers'),
                (select count(*) from dim_customers)
            union all
            select 30, 'analyse', 'open_items',
                (select count(*) from int_instalments), (select count(*) from fct_open_items)
            union all
            select 31, 'analyse', 'aging', (select count(*) from fct_open_items), (select count(*) from fct_aging)
            union all
            select 32, 'analyse', 'risk',
                (select count(*) from fct_open_items where days_past_due is not null),
                (select count(*) from fct_late_risk)
            union all
            select 33, 'analyse', 'priority',
                (select count(*) from dim_customers), (select count(*) from fct_payer_priority)
            union all
            select 40, 'visualise', 'heatmap',
                (select count(*) from fct_aging), (select count(distinct (entity_id, customer_id)) from fct_aging)
            union all
            select 41, 'visualise', 'month_ends',
                (select count(*) from int_aging_accounts), (select count(distinct month_no) from int_aging_accounts)
            union all
            select 42, 'visualise', 'weeks',
                (select count(*) from int_cash_weeks), (select count(distinct week_no) from int_cash_weeks)
            union all
            select 50, 'share', 'calls',
                (select count(*) from fct_payer_priority), (select count(*) from fct_call_list)
            union all
            select 51, 'share', 'warnings',
                (select count(*) from fct_payer_priority), (select count(*) from fct_early_warnings)
            union all
            select 52, 'share', 'answers',
                (select count(*) from fct_promises), (select count(*) from fct_promises where state <> 'open')
        )
        select stage, step, cast(rows_in as bigint) as rows_in, cast(rows_out as bigint) as rows_out
        from steps
        order by place, step
        """,
    )
