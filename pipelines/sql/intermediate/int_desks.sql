-- Grain: one row per account with its desk: the accounts of one entity, rep and region, named by the first of them.
-- What nobody asks for by customer is summed by desk, which keeps it small whatever the number of customers.
select
    account_key,
    min(account_key) over (partition by entity_id, rep, region) as desk_key
from int_accounts
