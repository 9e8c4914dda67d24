"""What a sales rep enters: contacts and what came of them, what stands in the way, what is known of a customer."""

import datetime as dt
from typing import Literal

from pydantic import Field

from pipelines.collecting.journal_payload import Currency, Money, Payload, Said, Text

NextAction = Literal["call", "letter", "visit", "remind", "review"]


class Contact(Payload):
    method: Literal["call", "letter", "visit", "email", "message"]
    result: Literal["reached", "not_reached", "promised", "paid", "refused", "disputed"]
    spoke_to: Text = ""
    note: Text = ""
    next_action: NextAction
    next_on: dt.date
    fallback: Said
    # What the call list advised at that moment, and the customer's class then: for judging what works.
    planned: Literal["", "call", "letter", "visit", "remind", "review"] = ""
    payer_class: Literal["", "A", "B", "C", "D"] = ""


class Promise(Payload):
    promised_on: dt.date
    amount: Money
    currency: Currency
    made_by: Text = ""
    document: Text = ""  # where the promise stands in writing
    note: Text = ""


class PlanInstalment(Payload):
    due_on: dt.date
    amount: Money


class Plan(Payload):
    total: Money
    currency: Currency
    instalments: tuple[PlanInstalment, ...]
    proposed_by: Literal["us", "customer"] = "us"
    document: Text = ""  # where the customer agreed to it in writing
    note: Text = ""


class Dispute(Payload):
    reason: Said
    side: Literal["ours", "theirs"]
    owner: Text = ""
    amount: Money | None = None


class Blocker(Payload):
    side: Literal["ours", "theirs"]
    reason: Said
    owner: Text = ""


class Confirmation(Payload):
    item: Literal[
        # What we must know of ourselves, of the customer, and have prepared before a call.
        "deal",
        "deal_what",
        "deal_amount",
        "deal_when",
        "owner",
        "acceptance",
        "terms",
        "people",
        "finance",
        "no_defect",
        "vouchers",
        "key_person",
        "habits",
        "allies",
    ]
    state: Literal["confirmed", "missing"]
    note: Text = ""


class StartRule(Payload):
    """When chasing may begin: from a day, from an overdue amount (base currency), once something is confirmed."""

    not_before: dt.date | None = None
    from_amount: Money | None = None
    progress: Literal["", "acceptance", "terms", "vouchers", "no_defect"] = ""
    note: Text = ""


class PayerFact(Payload):
    """One fact of the payer card; an empty value says that it is not known any more."""

    fact: Literal[
        "decision_maker",
        "acceptor",
        "payer",
        "budget",
        "invoice_rules",
        "closing_day",
        "bank",
        "transfer_days",
        "funds",
        "credit",
    ]
    value: Text = ""


class Handover(Payload):
    """An item or a customer goes to one owner with one next step."""

    to: Said
    department: Literal["sales", "finance", "legal", "service", "management"]
    reason: Said
    next_step: Said
    next_on: dt.date


class DebtClass(Payload):
    """Why a customer has not paid, settled by a person."""

    cause: Literal["process", "cannot_pay", "will_not_pay", "we_caused"]
    note: Text = ""


class Hold(Payload):
    reason: Said
    until: dt.date
    sensitive: bool = False


class Task(Payload):
    title: Said
    owner: Said
    due_on: dt.date


class Greeting(Payload):
    note: Said


class Rating(Payload):
    aspect: Literal["value", "relationship", "ability_to_pay"]
    score: int = Field(ge=1, le=5)
    note: Text = ""
