"""How each table is brought up to date when a build goes on from an earlier one, and when none may."""

from dataclasses import dataclass

# Whose rows are computed again.
CUSTOMERS = "customers"  # all of the touched customers
DOCUMENTS = "documents"  # of the touched documents and receipt lines; of a customer's others nothing is made again
ALL = "all"  # ranks among all customers, sums over all, lists of what was imported: made anew from the whole build
NOBODY = "nobody"  # what all customers do together, by which each one's own is smoothed: that of the last whole build


class NotPossible(Exception):
    """The build cannot go on from an earlier one; the message says why, for the log."""


@dataclass(frozen=True)
class Renewal:
    """How one table is brought up to date: as a rule, new rows take the place of those of the same keys."""

    rows: str = CUSTOMERS
    # A table of sums: its keys. They are corrected by what the touched documents brought before and bring now.
    sums_by: tuple[str, ...] = ()
    # Whoever stands in the table is always among the touched: it is replaced as it is.
    is_complete: bool = False
    # Read by documents and by many tables about customers: what touched customers have in it is looked up once.
    is_looked_up: bool = False
    # The statement of `updates` that makes it, as what it reads in a whole build is not at hand.
    made_by: str = ""
    # What ranks among all say of a customer stands in its own row, too, and is corrected there for everyone: from this
    # table of the build, or from the table itself by this statement of `updates`.
    ranked_by: str = ""
    ranks_itself_by: str = ""


def _documents(*names: str) -> dict[str, Renewal]:
    return dict.fromkeys(names, Renewal(DOCUMENTS))


def _all(*names: str) -> dict[str, Renewal]:
    return dict.fromkeys(names, Renewal(ALL))


def _sums(*keys: str) -> Renewal:
    return Renewal(DOCUMENTS, sums_by=keys)


# Any other is brought up to date by the touched customers.
RENEWALS: dict[str, Renewal] = {
    **_documents(
        "fct_exchange_differences",
        "fct_open_items",
        "int_accounts",
        "int_balance_spans",
        "int_bounced_lines",
        "int_class_spans",
        "int_contested_instalments",
        "int_customers",
        "int_decided_lines",
        "int_decided_parts",
        "int_directed_lines",
        "int_due_classes",
        "int_free_lines",
        "int_instalments",
        "int_ledger_days",
        "int_listed_customers",
        "int_open_items_only",
        "int_open_list_payments",
        "int_owners",
        "int_quoted_documents",
        "int_receipt_lines",
        "int_receipt_texts",
        "int_run_days",
        "int_settled_applications",
        "int_spent_documents",
        "int_spread_applications",
        "int_targeted_applications",
        "int_unapplied_events",
        "int_undirected_applications",
        "stg_customers",
        "stg_fx_rates",
        "stg_invoices",
        "stg_listed_amounts",
        "stg_payments_on_account",
        "stg_receipts",
        "stg_superseded_invoices",
        "stg_superseded_receipts",
        "stg_tax_numbers",
        "stg_uncleared_receipts",
    ),
    **_all(
        "imports",
        "import_totals",
        "rejected_rows",
        "dim_customer_merges",
        "fct_aged_summary",
        "int_bill_ends",
        "int_desks",
        "int_desk_names",
        "int_payer_money",
        "int_payer_scores",
        "fct_call_list",
        "fct_overdue_ranking",
    ),
    "int_applications": Renewal(DOCUMENTS, is_looked_up=True),
    "int_instalment_balances": Renewal(DOCUMENTS, is_looked_up=True),
    "int_aging_accounts": _sums("month_no", "account_key", "bucket_order"),
    "int_movement_months": _sums("month_no", "account_key", "kind"),
    "int_aging_desks": _sums("month_no", "desk_key", "bucket_order"),
    "int_receivables_desks": _sums("month_no", "desk_key", "is_from_open_items"),
    "int_cohort_months": _sums("month_no", "desk_key", "age_days"),
    "int_lateness_months": _sums("month_no", "desk_key"),
    "int_roll_months": _sums("month_no", "desk_key", "from_order", "to_order"),
    "fct_left_out": _sums("import_no", "kind", "entity_id", "customer_id", "reason"),
    "fct_receipt_decisions": Renewal(DOCUMENTS, is_complete=True),
    "fct_promises": Renewal(is_complete=True),
    "fct_payer_components": Renewal(ranked_by="int_payer_money"),
    "fct_payer_priority": Renewal(ranked_by="int_payer_scores"),
    "fct_early_warnings": Renewal(ranks_itself_by="upd_warning_ranks"),
    "int_pay_days": Renewal(made_by="upd_pay_days"),
    "int_pay_hazards": Renewal(NOBODY),
}
BY_CUSTOMER = Renewal()
# A build keeps these for one that goes on: the habits of all, whether contacts were recorded, how bills ended.
LOOKED_AT = frozenset({"int_pay_hazards", "int_payer_care", "int_bill_ends"})


def of(name: str) -> Renewal:
    """How the table of this name is brought up to date."""
    return RENEWALS.get(name, BY_CUSTOMER)
