"""Every kind of entry by name, and the rules that refuse one with a reason beside the field."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import ValidationError

from pipelines import i18n
from pipelines.collecting.journal_office import (
    Application,
    Bill,
    LadderStep,
    LegalStage,
    Letter,
    Margin,
    OtherCustomer,
    Policy,
    SameCustomer,
    Target,
)
from pipelines.collecting.journal_payload import Payload, Text
from pipelines.collecting.journal_rep import (
    Blocker,
    Confirmation,
    Contact,
    DebtClass,
    Dispute,
    Greeting,
    Handover,
    Hold,
    PayerFact,
    Plan,
    Promise,
    Rating,
    StartRule,
    Task,
)
from pipelines.errors import UserError

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

# Kinds of which one entry at most may stand with the same text in this field, by legal entity; and the reason else.
ONCE = {"bill": ("number", "error.bill_known")}

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
