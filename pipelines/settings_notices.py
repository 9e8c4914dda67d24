"""The schedule of notices: how many days before or after the due date, by which channel, with which letter."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError


class NoticeStep(BaseModel):
    """One step: `day` counts from the due date (negative: before), `letter` is what is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: int = Field(ge=-60, le=720)
    channel: Literal["message", "email", "call", "letter", "visit"]
    letter: Literal["reminder", "demand"]


DEFAULT_STEPS = (
    NoticeStep(day=-7, channel="message", letter="reminder"),
    NoticeStep(day=0, channel="email", letter="reminder"),
    NoticeStep(day=3, channel="call", letter="reminder"),
    NoticeStep(day=15, channel="letter", letter="demand"),
)


def in_order(steps: Sequence[NoticeStep]) -> None:
    """Raise ValueError unless there are one to nine steps whose days rise."""
    days = [step.day for step in steps]
    if not 1 <= len(days) <= 9 or days != sorted(set(days)):
        raise PydanticCustomError(
            "notices_rise", "one to nine steps whose days rise are needed, for example -7, 0, 3, 15"
        )
