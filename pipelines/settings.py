"""Settings: typed, from `firstpaid.toml` in the working folder and FIRSTPAID_* environment variables."""

import re
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from pipelines.settings_notices import DEFAULT_STEPS, NoticeStep, in_order
from pipelines.settings_policy import Policies
from pipelines.settings_sources import outside


class Person(BaseModel):
    """What one signed-in person may see: a role, and the rep, regions or entities it is limited to (empty = all)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Literal["manager", "analyst", "rep"]
    rep: str = ""
    regions: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()


class LadderRule(BaseModel):
    """When a step of the sanction ladder may be taken: from so many days overdue, and from so much money (base)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: int = Field(ge=0)
    overdue: float = Field(0, ge=0)


MOST_EDGES = 24  # a table of more columns is not read by anybody
LAST_EDGE = 3650  # days: ten years
LADDER_STEPS = ("stop_supply", "stop_service", "end_authorisation", "reputation", "law")


class Settings(Policies):
    """Everything a person may set. Environment variables win over the file; unknown names in the file are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def __init__(self, **given: Any) -> None:
        super().__init__(**outside(type(self).model_fields, given))

    home: Path = Field(Path("data/warehouse"), description="Warehouse folder: imports, builds, model and journal.")
    base_currency: str = Field("CNY", description="Currency that every total is shown in.")
    default_entity: str = Field("main", description="Legal entity of rows that name none.")
    timezone: str = Field("Asia/Shanghai", description="Time zone that decides which business day it is.")
    country: str = Field("CN", description="Country whose public holidays and make-up days set the working days.")
    bucket_edges: tuple[int, ...] = Field(
        (0, 30, 60, 90, 120), description="Last day past due of each aging bucket; the last bucket is open-ended."
    )
    not_due_edges: tuple[int, ...] = Field(
        (0, 30, 60, 90), description="Last day ahead of each group of what is not yet due; the last is open-ended."
    )
    dso_window_months: int = Field(3, ge=1, le=24, description="Calendar months of sales in the simple DSO.")
    history_months: int = Field(60, ge=3, le=600, description="Month ends of aging history kept in a build.")
    late_grace_days: int = Field(0, ge=0, description="Days past due before a payment counts as late.")
    very_late_days: int = Field(
        30, ge=1, validate_default=True, description="Days past due from which a payment counts as very late."
    )
    at_risk_days: int = Field(90, ge=1, description="Days past due at which unpaid billing counts as at risk.")
    promise_tolerance_days: int = Field(3, ge=0, description="Days after a promised date in which money counts.")
    quiet_days: int = Field(3, ge=0, description="Days after a contact in which a customer is not called again.")
    calls_per_rep: int = Field(25, ge=1, description="Customers a rep can call in a day.")
    call_lead_days: int = Field(
        3, ge=0, le=60, description="Working days before a customer's pay run by which it must have been called."
    )
    call_window_days: int = Field(
        7, ge=1, le=60, description="Working days before that in which a contact is well timed."
    )
    carrying_rate_year: float = Field(0.06, ge=0, le=1, description="Yearly cost of money that is still outside.")
    ladder: dict[str, LadderRule] = Field(
        {
            "stop_supply": LadderRule(days=30),
            "stop_service": LadderRule(days=60),
            "end_authorisation": LadderRule(days=90),
            "reputation": LadderRule(days=150),
            "law": LadderRule(days=180),
        },
        description="From when each step of the sanction ladder may be taken.",
    )
    limitation_years: int = Field(3, ge=1, le=30, description="Years until a claim is time-barred; check with counsel.")
    limitation_warning_days: int = Field(
        180, ge=0, description="Days before a claim is time-barred from which to warn."
    )
    factoring_rate_year: float = Field(0.08, ge=0, le=1, description="Yearly interest of a factor.")
    factoring_fee: float = Field(0.01, ge=0, le=1, description="Fee of a factor, share of the invoice.")
    factoring_advance: float = Field(0.8, gt=0, le=1, description="Share of the invoice that a factor pays at once.")
    bill_discount_rate_year: float = Field(
        0.025, ge=0, le=1, description="Yearly rate of discounting a bill, 360 days."
    )
    credit_terms_days: int = Field(60, ge=0, description="Longest terms that the credit policy allows.")
    sales_stop_days: int = Field(30, ge=0, description="Days past due from which nothing more is sold on credit.")
    gross_margin: float | None = Field(
        None, ge=-1, le=1, description="Gross margin, share of sales, of customers for which none is entered."
    )
    notice_steps: tuple[NoticeStep, ...] = Field(
        DEFAULT_STEPS, description="Notices before and after the due date: day, channel and letter of each step."
    )
    letter_senders: dict[str, str] = Field({}, description="Our name at the head of letters, by legal entity.")
    builds_kept: int = Field(5, ge=1, description="Published builds kept for roll-back.")
    upload_limit_mb: int = Field(1024, ge=1, description="Largest file the import page takes.")
    import_memory_mb: int = Field(
        8192,
        ge=1024,
        description="Most memory that the cells of a workbook may take; a larger one is refused before it is opened.",
    )
    people: dict[str, Person] = Field({}, description="Who may sign in: role, rep, regions and entities by e-mail.")
    journal_url: str = Field(
        "", description="Database of the journal, postgresql://...; empty: journal.db in the warehouse folder."
    )
    two_digit_year_pivot: int = Field(69, ge=0, le=99, description="Two-digit years up to this are 20xx, else 19xx.")

    @field_validator("base_currency")
    @classmethod
    def _currency_is_a_code(cls, code: str) -> str:
        if not re.fullmatch("[A-Z]{3}", code):
            raise PydanticCustomError("currency_code", "a currency code of three capital letters is needed, like CNY")
        return code

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise PydanticCustomError("zone_known", "a time zone is needed, like Asia/Shanghai") from None
        return name

    @field_validator("very_late_days")
    @classmethod
    def _very_late_is_late(cls, days: int, info: ValidationInfo) -> int:
        grace = info.data.get("late_grace_days", 0)
        if days <= grace:
            raise PydanticCustomError(
                "very_late_above", "it must be more than late_grace_days, which is {grace}", {"grace": grace}
            )
        return days

    @field_validator("notice_steps")
    @classmethod
    def _notices_are_in_order(cls, steps: tuple[NoticeStep, ...]) -> tuple[NoticeStep, ...]:
        in_order(steps)
        return steps

    @field_validator("bucket_edges", "not_due_edges")
    @classmethod
    def _edges_cover_every_day_once(cls, edges: tuple[int, ...]) -> tuple[int, ...]:
        if not edges or edges[0] != 0 or list(edges) != sorted(set(edges)):
            raise PydanticCustomError("edges_rise", "it must start at 0 and rise, for example [0, 30, 60, 90]")
        if len(edges) > MOST_EDGES:
            raise PydanticCustomError("edges_many", "it can hold {most} edges at most", {"most": MOST_EDGES})
        if edges[-1] > LAST_EDGE:
            raise PydanticCustomError("edges_large", "an edge can be {most} days at most", {"most": LAST_EDGE})
        return edges

    @field_validator("ladder")
    @classmethod
    def _every_step_has_a_rule(cls, ladder: dict[str, LadderRule]) -> dict[str, LadderRule]:
        if set(ladder) != set(LADDER_STEPS):
            raise PydanticCustomError(
                "ladder_steps", "a rule for each of these is needed: {steps}", {"steps": ", ".join(LADDER_STEPS)}
            )
        return {step: ladder[step] for step in LADDER_STEPS}

    def capacity_of(self, rep: str) -> int:
        """How many customers a rep can contact in a day."""
        return self.calls_by_rep.get(rep, self.calls_per_rep)
