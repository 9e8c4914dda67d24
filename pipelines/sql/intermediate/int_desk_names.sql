-- Grain: one row per desk: the entity, rep and region whose accounts it sums.
select
    accounts.account_key as desk_key,
    accounts.entity_id,
    accounts.rep,
    accounts.region
from int_accounts as accounts
where exists (select 1 from int_desks as desks where desks.desk_key = accounts.account_key)
