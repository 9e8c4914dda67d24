-- Grain: one row per month end, entity, customer, rep and region with a balance or a movement; additive sums only.
-- ar_end = opening + sales - collected - credited - written off; the aging parts come from the open items.
-- is_from_open_items: documents are known from open-items lists alone, so that sales are incomplete.
select
    months.month_end,
    accounts.entity_id,
    accounts.customer_id,
    accounts.rep,
    accounts.region,
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
    sums.month_no,
    sums.account_key
from int_receivables_months as sums
inner join int_accounts as accounts on sums.account_key = accounts.account_key
inner join ref_months as months on sums.month_no = months.month_no
