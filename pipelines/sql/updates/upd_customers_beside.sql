-- Grain: one row per customer that shares a receipt line or the instalments of a document with one computed as a whole,
-- and is not yet computed so itself.
with

beside as (

    select accounts.customer_key
    from int_applications as applications
    inner join int_accounts as accounts on applications.account_key = accounts.account_key
    where applications.line_key in (select line_key from upd_whole_lines)

    union

    select instalments.customer_key
    from int_instalments as instalments
    where instalments.instalments > 1
        and instalments.document_key in (
            select touched.document_key
            from int_instalments as touched
            where touched.instalments > 1
                and touched.customer_key in (select customer_key from upd_whole_keys)
        )

)

select customer_key
from beside
where customer_key not in (select customer_key from upd_whole_keys)
