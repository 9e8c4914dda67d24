-- One row per reason why documents known by $known are not learnt from: how many, and how much in base currency.
with documents as (
    select
        case
            when doc_type not in ('invoice', 'debit_note') then 'left_credits'
            when amount_doc < 0.01 then 'left_no_amount'
            when imports.ledger = 'open_items' then 'left_open_list'
            when due_basis = 'assumed' then 'left_assumed_due'
            when date_diff('day', due_date, $known) < $grace then 'left_not_due'
        end as code,
        amount_base
    from int_instalments
    inner join imports on imports.import_no = int_instalments.import_no
    where issue_date <= $known
)

select
    code,
    count(*) as documents,
    cast(sum(amount_base) as decimal(18, 4)) as amount_base
from documents
where code is not null
group by code
order by code
