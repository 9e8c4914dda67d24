-- Grain: one row per scope; entity_id is filled for the scopes entity and customer.
select distinct
    scope_key,
    scope,
    entity_id,
    scope_id
from int_account_scopes
