-- One row per promise to pay whose outcome is known: from the day after its last day it counts as kept or as broken.
-- What came in by the last day decides, so nothing later changes it; partly kept counts as broken.
select
    customers.customer_key,
    date_diff('day', date '2000-01-01', greatest(promises.last_day, promises.made_on)) as known_day,
    case when promises.state = 'kept' then 0 else 1 end as is_broken
from fct_promises as promises
inner join dim_customers as customers
    on customers.entity_id = promises.entity_id
    and customers.customer_id = promises.customer_id
where promises.state in ('kept', 'partly_kept', 'broken')
    and promises.last_day <= $known
    and promises.made_on <= $known
