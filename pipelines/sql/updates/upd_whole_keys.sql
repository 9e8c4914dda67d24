-- Grain: one row per touched customer of the earlier build whose every document may differ, and not just those that bear
-- a number the new exports name. Of the others money goes to documents by their numbers and nothing else: none of it
-- stands, or ever stood, unapplied, was found by its amount or age, or lies in hand; and what the touched rows say of
-- the customer itself is what the earlier build knows.
with

known as (

    select
        accounts.customer_key,
        accounts.account_key,
        accounts.entity_id,
        accounts.customer_id,
        accounts.rep,
        accounts.region,
        customers.customer_name,
        coalesce(customers.tax_id, '') as tax_id,
        customers.customer_key is not null as is_named
    from int_accounts as accounts
    inner join upd_customer_keys as keys on accounts.customer_key = keys.customer_key
    left join dim_customers as customers on accounts.customer_key = customers.customer_key

),

documents as (

    select
        coalesce(entity_id, $default_entity) as entity_id,
        invoice_id as number,
        min(customer_id) as customer_id,
        max(customer_id) as other_id,
        min(amount) <= 0
        or max(issue_date) > $as_of
        or count(case when doc_type in ('credit_note', 'prepayment') or status in ('void', 'draft') then 1 end) > 0
        -- What an earlier row says and its new one does not is said no more.
        or count(rep) not in (0, count(*))
        or count(region) not in (0, count(*))
        or count(customer_name) not in (0, count(*))
        or count(tax_id) not in (0, count(*)) as is_doubtful
    from upd_named_invoices
    group by coalesce(entity_id, $default_entity), invoice_id

),

lines as (

    select
        imports.import_no * 10000000000 + receipts.line_no as line_key,
        coalesce(receipts.entity_id, $default_entity) as entity_id,
        coalesce(receipts.customer_id, documents.customer_id, '') as customer_id,
        coalesce(documents.customer_id, receipts.customer_id, '') as other_id,
        documents.number is null as is_elsewhere
    from upd_named_receipts as receipts
    inner join raw_imports as imports on receipts.import_id = imports.import_id
    left join documents
        on coalesce(receipts.entity_id, $default_entity) = documents.entity_id
        and receipts.invoice_id = documents.number

),

by_name as (

    select entity_id, customer_id
    from upd_customers
    where is_whole = 1

    union

    select entity_id, customer_id
    from documents
    where is_doubtful or customer_id <> other_id

    union

    select entity_id, other_id
    from documents
    where is_doubtful or customer_id <> other_id

    union

    select entity_id, customer_id
    from lines
    where is_elsewhere or customer_id <> other_id

    union

    select entity_id, other_id
    from lines
    where customer_id <> other_id

    union

    select entity_id, customer_id
    from upd_in_hand
    where customer_id is not null

),

in_several_hands as (

    select document_key
    from int_instalments
    where instalments > 1
    group by document_key
    having min(customer_key) <> max(customer_key)

),

by_account as (

    select account_key
    from int_applications
    where rule not in ('stated', 'listed')

    union

    select applications.account_key
    from int_applications as applications
    where applications.line_key in (select line_key from lines where is_elsewhere)

    union

    select account_key
    from int_unapplied_events

    union

    select instalments.account_key
    from int_instalments as instalments
    where instalments.document_key in (select document_key from in_several_hands)

    union

    select instalments.account_key
    from int_instalments as instalments
    inner join upd_in_hand as in_hand
        on instalments.entity_id = in_hand.entity_id
        and instalments.invoice_id = in_hand.invoice_id
    where in_hand.customer_id is null

)

select known.customer_key
from known
inner join by_name
    on known.entity_id = by_name.entity_id
    and known.customer_id = by_name.customer_id

union

select customer_key
from known
where account_key in (select account_key from by_account)
    or customer_key in (select customer_key from fct_acceptances)
    or not is_named

union

select customer_key
from known
group by customer_key
having count(*) > 1

union

select known.customer_key
from known
inner join upd_named_invoices as invoices
    on known.entity_id = coalesce(invoices.entity_id, $default_entity)
    and known.customer_id = invoices.customer_id
where coalesce(invoices.rep, known.rep) <> known.rep
    or coalesce(invoices.region, known.region) <> known.region
    or coalesce(invoices.customer_name, known.customer_name) <> known.customer_name
    or coalesce(invoices.tax_id, known.tax_id) <> known.tax_id
