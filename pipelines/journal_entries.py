"""What a person can enter: one typed payload per kind, and the rules that refuse it with a reason beside the field."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pipelines import i18n
from pipelines.errors import UserError
from pipelines.settings_policy import StrategyRule

PRINTABLE = r"^[^\x00]*$"  # PostgreSQL stores no NUL
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000, pattern=PRINTABLE)]
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=PRINTABLE)]
Currency = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{3}$")]
Money = Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=4)]
NextAction = Literal["call", "letter", "visit", "remind", "review"]


class Payload(BaseModel):
    """Base of all payloads: unknown fields are refused, texts trimmed, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class LadderStep(Payload):
    step: Literal["stop_supply", "stop_service", "end_authorisation", "reputation", "law"]
    direction: Literal["up", "back"] = "up"
    approver: Text = ""
    note: Text = ""
    # What was open and overdue at that moment, in base currency.
    open_base: Decimal | None = None
    overdue_base: Decimal | None = None


class LegalStage(Payload):
    stage: Literal[
        "acknowledgement", "lawyer_letter", "mediation", "payment_order", "arbitration", "lawsuit", "enforcement"
    ]
    happened_on: dt.date
    document: Text = ""
    cost: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)] = Decimal(0)  # base currency
    next_on: dt.date | None = None  # the next hearing or deadline
    note: Text = ""


class Bill(Payload):
    number: Said
    amount: Money
    currency: Currency
    due_on: dt.date
    state: Literal["received", "endorsed", "discounted", "cleared", "bounced"] = "received"
    state_on: dt.date | None = None  # the day it came into this state
    drawer: Text = ""


class LetterItem(Payload):
    """One open instalment as a letter states it, in document currency."""

    invoice_id: Said
    instalment_no: int = 1
    due_on: dt.date | None = None
    amount: Decimal
    currency: Currency


class Letter(Payload):
    """A letter or notice with the figures of one build; `amount` is our balance, `theirs` that of the customer's books.

    `difference` is ours less theirs. `level` is the place of its step in the notice schedule, 0 outside of it.
    """

    letter: Literal["reminder", "demand", "lawyer_request", "balance_confirmation", "statement"]
    state: Literal["drafted", "sent", "returned", "stamped", "reconciled"]
    as_of: dt.date
    level: int = Field(1, ge=0, le=9)
    difference: Decimal | None = None
    channel: Literal["", "message", "email", "call", "letter", "visit"] = ""
    build_id: Text = ""
    items: tuple[LetterItem, ...] = ()
    amount: Decimal | None = None
    currency: Text = ""
    theirs: Decimal | None = None
    replied_on: dt.date | None = None
    note: Text = ""


class AppliedPart(Payload):
    invoice_id: Said
    instalment_no: int = Field(1, ge=1)
    amount: Money


class Application(Payload):
    """Where a person says the money of one receipt line goes; what the parts leave stays on account.

    The line is known by the import it came with, and by its own number once a later export holds it again.
    """

    import_id: Said
    line_no: int = Field(ge=1)
    receipt_id: Text = ""
    paid_on: dt.date
    amount: Money
    currency: Currency
    parts: tuple[AppliedPart, ...] = ()
    note: Text = ""


class SameCustomer(Payload):
    """The customer of the entry is the customer `into` under another number or name."""

    into: Said
    note: Text = ""


class OtherCustomer(Payload):
    """The customer of the entry and `other` look alike and are two."""

    other: Said
    note: Text = ""


class Rating(Payload):
    aspect: Literal["value", "relationship", "ability_to_pay"]
    score: int = Field(ge=1, le=5)
    note: Text = ""


class WeekTarget(Payload):
    week_on: dt.date  # its Monday
    amount: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)]


class Target(Payload):
    """What a rep is to collect, week by week, in base currency; the newest entry counts for the weeks it names."""

    rep: Text
    weeks: tuple[WeekTarget, ...]


class Margin(Payload):
    """Gross margin on what a customer buys, in percent of sales."""

    percent: Annotated[Decimal, Field(ge=-100, le=100, max_digits=7, decimal_places=4)]
    note: Text = ""


class Policy(Payload):
    """How customers are ranked, approached and shared out from the next build on; null is as in the settings."""

    weights: dict[str, float] | None = None
    strategy_rules: tuple[StrategyRule, ...] | None = None
    calls_by_rep: dict[str, int] | None = None
    note: Text = ""


PAYLOADS: dict[str, type[Payload]] = {
    "contact": Contact,
    "promise": Promise,
    "plan": Plan,
    "dispute": Dispute,
    "blocker": Blocker,
    "confirmation": Confirmation,
    "start_rule": StartRule,
    "payer_fact": PayerFact,
    "handover": Handover,
    "debt_class": DebtClass,
    "hold": Hold,
    "task": Task,
    "greeting": Greeting,
    "ladder_step": LadderStep,
    "legal_stage": LegalStage,
    "bill": Bill,
    "letter": Letter,
    "rating": Rating,
    "policy": Policy,
    "application": Application,
    "same_customer": SameCustomer,
    "other_customer": OtherCustomer,
    "target": Target,
    "margin": Margin,
}
CLOSABLE = ("task", "dispute", "blocker", "hold", "plan", "promise", "handover", "start_rule")

LOOKS_BACK = ("legal_stage", "bill")  # their dates have passed when they are entered


class Closing(Payload):
    """How something open was ended: a task done, a dispute settled, a hold lifted."""

    outcome: Literal["done", "settled", "rejected", "cancelled", "replaced"] = "done"
    note: Text = ""


@dataclass(frozen=True)
class Problem:
    """One reason against one field of a form: `code` is a key of the catalogue, `params` fill its placeholders."""

    field: str
    code: str
    params: dict[str, object]

    def text(self, language: str) -> str:
        return i18n.translate(language, self.code, **self.params)


class EntryRefused(UserError):
    """An entry that is not stored; `problems` holds every reason, to be shown beside its field."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("error.entry_refused")

    def text(self, language: str) -> str:
        reasons = "; ".join(f"{problem.field}: {problem.text(language)}" for problem in self.problems)
        return i18n.translate(language, self.code, reasons=reasons)


def validated(kind: str, payload: dict[str, Any], *, today: dt.date, debt: Decimal | None) -> Payload:
    """The typed payload of a new entry made on business day `today`.

    `debt` is what the customer (or the invoice, when the entry names one) owes in the entry's currency; promises and
    plans cannot be judged without it. Raises EntryRefused with every reason at once.
    """
    entry = typed(PAYLOADS[kind], payload)
    problems = [problem for rule in RULES.get(kind, ()) for problem in rule(entry, today, debt)]
    if problems:
        raise EntryRefused(*problems)
    return entry


def typed(model: type[Payload], payload: dict[str, Any]) -> Payload:
    """The payload as its type, before the rules that depend on the day or the debt; EntryRefused if it does not fit."""
    try:
        return model.model_validate(payload)
    except ValidationError as mistakes:
        raise EntryRefused(*[_problem(mistake) for mistake in mistakes.errors(include_url=False)]) from None


def _problem(mistake: Any) -> Problem:
    """A mistake found by pydantic in the words of the catalogue."""
    kind, context, value = mistake["type"], mistake.get("ctx", {}), mistake["input"]
    field = ".".join(str(part + 1 if isinstance(part, int) else part) for part in mistake["loc"])
    if kind in ("missing", "string_too_short") or value is None or value == "":
        return Problem(field, "error.field_required", {})
    if kind == "extra_forbidden":
        return Problem(field, "error.field_unknown", {})
    if kind == "literal_error":
        choices = context["expected"].replace(" or ", ", ").replace("'", "")
        return Problem(field, "error.field_choice", {"value": value, "choices": choices})
    if kind.startswith("date_"):
        return Problem(field, "error.field_date", {"value": value})
    if kind in ("decimal_parsing", "decimal_type", "finite_number", "int_parsing", "int_type", "int_from_float"):
        return Problem(field, "error.field_number", {"value": str(value)})
    if kind in ("greater_than", "greater_than_equal", "less_than_equal"):
        return Problem(field, f"error.field_{kind}", {"value": value, "limit": next(iter(context.values()))})
    return Problem(field, "error.field_invalid", {"value": str(value)[:80]})


def _not_before_today(*fields: str) -> Any:
    def rule(entry: Any, today: dt.date, debt: Decimal | None) -> list[Problem]:
        return [
            Problem(field, "error.date_in_past", {"day": getattr(entry, field), "today": today})
            for field in fields
            if getattr(entry, field) < today
        ]

    return rule


def _within_debt(field: str) -> Any:
    def rule(entry: Any, today: dt.date, debt: Decimal | None) -> list[Problem]:
        if debt is None:
            raise ValueError("a promise or a plan is judged against the debt: pass `debt`")
        amount = getattr(entry, field)
        if amount <= debt:
            return []
        params = {"cents_amount": amount, "cents_debt": debt, "currency": entry.currency}
        return [Problem(field, "error.above_debt", params)]

    return rule


def _plan_adds_up(plan: Any, today: dt.date, debt: Decimal | None) -> list[Problem]:
    problems: list[Problem] = []
    if not plan.instalments:
        return [Problem("instalments", "error.field_required", {})]
    total = sum((instalment.amount for instalment in plan.instalments), Decimal(0))
    if total != plan.total:
        params: dict[str, object] = {"cents_sum": total, "cents_total": plan.total, "cents_missing": plan.total - total}
        problems.append(Problem("instalments", "error.plan_sum", params))
    days = [instalment.due_on for instalment in plan.instalments]
    for number, day in enumerate(days, start=1):
        if day < today:
            problems.append(Problem(f"instalments.{number}.due_on", "error.date_in_past", {"day": day, "today": today}))
        if number > 1 and day <= days[number - 2]:
            problems.append(Problem(f"instalments.{number}.due_on", "error.plan_order", {"day": day}))
    return problems


def _within_receipt(entry: Any, today: dt.date, debt: Decimal | None) -> list[Problem]:
    total = sum((part.amount for part in entry.parts), Decimal(0))
    if total <= entry.amount:
        return []
    params = {"cents_sum": total, "cents_amount": entry.amount, "currency": entry.currency}
    return [Problem("parts", "error.above_receipt", params)]


def _happened(entry: Any, today: dt.date, debt: Decimal | None) -> list[Problem]:
    if entry.happened_on <= today:
        return []
    return [Problem("happened_on", "error.date_in_future", {"day": entry.happened_on, "today": today})]


def _bill_dates(bill: Any, today: dt.date, debt: Decimal | None) -> list[Problem]:
    if bill.state == "received" and bill.state_on is None:
        return []
    if bill.state_on is None:
        return [Problem("state_on", "error.field_required", {})]
    if bill.state_on > today:
        return [Problem("state_on", "error.date_in_future", {"day": bill.state_on, "today": today})]
    return []


def _weeks_begin_on_monday(target: Any, today: dt.date, debt: Decimal | None) -> list[Problem]:
    problems = [
        Problem(f"weeks.{number}.week_on", "error.not_a_monday", {"day": week.week_on})
        for number, week in enumerate(target.weeks, start=1)
        if week.week_on.weekday() != 0
    ]
    return problems if target.weeks else [Problem("weeks", "error.field_required", {})]


def _has_approver(entry: Any, today: dt.date, debt: Decimal | None) -> list[Problem]:
    if entry.direction == "back" or entry.step not in ("reputation", "law") or entry.approver:
        return []
    return [Problem("approver", "error.approver_needed", {})]


def _says_when(rule: Any, today: dt.date, debt: Decimal | None) -> list[Problem]:
    if rule.not_before or rule.from_amount or rule.progress:
        return []
    return [Problem("not_before", "error.start_rule_empty", {})]


def _in_range(fact: Any, today: dt.date, debt: Decimal | None) -> list[Problem]:
    limits = {"closing_day": 31, "transfer_days": 60}
    last = limits.get(fact.fact)
    if last is None or not fact.value:
        return []
    first = 1 if fact.fact == "closing_day" else 0
    if not fact.value.isdecimal() or not first <= int(fact.value) <= last:
        return [Problem("value", "error.fact_range", {"value": fact.value, "first": first, "last": last})]
    return []


RULES: dict[str, tuple[Any, ...]] = {
    "contact": (_not_before_today("next_on"),),
    "promise": (_not_before_today("promised_on"), _within_debt("amount")),
    "plan": (_plan_adds_up, _within_debt("total")),
    "hold": (_not_before_today("until"),),
    "start_rule": (_says_when,),
    "payer_fact": (_in_range,),
    "handover": (_not_before_today("next_on"),),
    "task": (_not_before_today("due_on"),),
    "application": (_within_receipt,),
    "legal_stage": (_happened,),
    "ladder_step": (_has_approver,),
    "bill": (_bill_dates,),
    "target": (_weeks_begin_on_monday,),
}
