-- Grain: one row per month end, entity, rep and region with a balance or a movement: all accounts together. Unlike
-- fct_receivables_monthly it holds month ends before the first list of open items of an account, too.
-- ar_end = opening + sales - collected - credited - written off; the aging parts come from the open items.
-- is_from_open_items: documents are known from open-items lists alone, so that sales are incomplete.
select
    months.month_end,
    desks.entity_id,
    desks.rep,
    desks.region,
    cast(
        sums.overdue_end_base + sums.current_end_base - sums.unapplied_end_base
        - sums.sales_base + sums.collected_base + sums.credited_base + sums.written_off_base
        as decimal(18, 4)
    ) as opening_base,
    sums.sales_base,
    sums.collected_base,
    sums.credited_base,
    sums.written_off_base,
    cast(sums.overdue_end_base + sums.current_end_base - sums.unapplied_end_base as decimal(18, 4)) as ar_end_base,
    sums.overdue_end_base,
    sums.current_end_base,
    sums.unapplied_end_base,
    sums.is_from_open_items,
    sums.month_no
from int_receivables_desks as sums
inner join int_desk_names as desks on sums.desk_key = desks.desk_key
inner join ref_months as months on sums.month_no = months.month_no
