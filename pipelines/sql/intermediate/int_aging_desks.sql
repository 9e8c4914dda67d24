-- Grain: one row per month end, desk and aging bucket.
select
    aging.month_no,
    desks.desk_key,
    aging.bucket_order,
    cast(sum(aging.open_base) as decimal(18, 4)) as open_base,
    cast(sum(aging.items) as bigint) as items
from int_aging_accounts as aging
inner join int_desks as desks on aging.account_key = desks.account_key
group by aging.month_no, desks.desk_key, aging.bucket_order
