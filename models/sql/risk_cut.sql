-- One row: the issue date of the instalment at $share of all instalments, in order of issue.
with numbered as (
    select
        issue_date,
        row_number() over (order by issue_date) as place,
        count(*) over () as items
    from int_instalments
    where doc_type in ('invoice', 'debit_note')
        and amount_doc >= 0.01
)

select min(issue_date) as issue_date
from numbered
where place > items * $share
