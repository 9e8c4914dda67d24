"""Settings about whom to call: weights of the priority, strategy by segment, capacity of each rep."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

PRIORITY_COMPONENTS = (
    "money", "age", "trend", "risk", "delay", "promises", "limit_use", "ability", "pay_run", "value", "relationship",
    "discipline", "readiness",
)  # fmt: skip


class StrategyRule(BaseModel):
    """How to approach a segment of customers; every condition that is set must hold, the first rule that fits counts.

    Amounts are in base currency, days those of the oldest overdue invoice; `disputed`: all that is overdue is disputed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    strategy: str = Field(min_length=1, max_length=60)
    method: Literal["call", "letter", "visit", "remind", "review"]
    classes: str = Field("", pattern="^[A-D]*$")
    customer_type: str = ""
    min_days: int | None = Field(None, ge=0)
    max_days: int | None = Field(None, ge=0)
    min_overdue: float | None = Field(None, ge=0)
    min_broken: int | None = Field(None, ge=1)
    disputed: bool = False

    @property
    def fits_all(self) -> bool:
        """Whether it has no condition."""
        given = (self.classes, self.customer_type, self.disputed)
        limits = (self.min_days, self.max_days, self.min_overdue, self.min_broken)
        return not any(given) and all(limit is None for limit in limits)


DEFAULT_STRATEGIES = (
    StrategyRule(strategy="remind", method="remind", max_days=0),
    StrategyRule(strategy="review", method="review", disputed=True),
    StrategyRule(strategy="escalate", method="visit", min_days=91),
    StrategyRule(strategy="escalate", method="visit", min_broken=2),
    StrategyRule(strategy="firm", method="letter", min_days=61),
    StrategyRule(strategy="nurture", method="call", classes="D"),
    StrategyRule(strategy="chase", method="call"),
)


class Policies(BaseModel):
    """What may also be decided on a page; the decision then stands in place of the setting."""

    priority_weights: dict[str, float] = Field(
        {"money": 0.30, "age": 0.12, "trend": 0.07, "risk": 0.15, "delay": 0.08, "promises": 0.09, "limit_use": 0.06,
         "ability": 0.03, "pay_run": 0.04, "value": 0.02, "relationship": 0.02, "discipline": 0.01, "readiness": 0.01},
        description="Weight of each component of the priority score; one that is not named weighs nothing.",
    )  # fmt: skip
    strategy_rules: tuple[StrategyRule, ...] = Field(
        DEFAULT_STRATEGIES, description="How to approach whom: the first rule that fits a customer counts."
    )
    calls_by_rep: dict[str, int] = Field({}, description="Customers a day of reps for whom calls_per_rep is not right.")

    @field_validator("priority_weights")
    @classmethod
    def _weights_are_known(cls, weights: dict[str, float]) -> dict[str, float]:
        if not set(weights) <= set(PRIORITY_COMPONENTS) or not all(0 <= weight <= 1000 for weight in weights.values()):
            raise PydanticCustomError(
                "weights_known",
                "weights from 0 to 1000 are needed, for {names}",
                {"names": ", ".join(PRIORITY_COMPONENTS)},
            )
        if sum(weights.values()) <= 0:
            raise PydanticCustomError("weights_above", "one of the weights must be above 0")
        return {name: weights.get(name, 0.0) for name in PRIORITY_COMPONENTS}

    @field_validator("strategy_rules")
    @classmethod
    def _some_rule_fits(cls, rules: tuple[StrategyRule, ...]) -> tuple[StrategyRule, ...]:
        if not rules or not rules[-1].fits_all:
            raise PydanticCustomError(
                "rules_fit_all", "the last rule must have no condition, so that every customer has one"
            )
        return rules

    @field_validator("calls_by_rep")
    @classmethod
    def _somebody_is_called(cls, customers: dict[str, int]) -> dict[str, int]:
        if any(not 0 <= count <= 1000 for count in customers.values()):
            raise PydanticCustomError("calls_a_day", "0 to 1000 customers a day are needed for each rep")
        return customers
