-- Documents in a foreign currency for whose day no exchange rate is known.
select
    currency,
    min(issue_date) as first_without_rate,
    count(*) as documents
from fct_invoices
where amount_base is null
group by currency
