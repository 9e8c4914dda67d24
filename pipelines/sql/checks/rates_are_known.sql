-- Currencies of documents, and of money not yet applied, for whose day no exchange rate is known.
with

without_rate as (

    select currency, issue_date
    from fct_invoices
    where amount_base is null

    union all

    select currency, issue_date
    from fct_open_items
    where open_base is null and doc_type = 'receipt'

)

select
    currency,
    min(issue_date) as first_without_rate,
    count(*) as documents
from without_rate
group by currency
order by currency
