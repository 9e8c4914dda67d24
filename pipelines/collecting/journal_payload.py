"""What every kind of entry is made of: the base of all payloads, and the texts and amounts that a field may hold."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

PRINTABLE = r"^[^\x00]*$"  # PostgreSQL stores no NUL
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000, pattern=PRINTABLE)]
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=PRINTABLE)]
Currency = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{3}$")]
Money = Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=4)]


class Payload(BaseModel):
    """Base of all payloads: unknown fields are refused, texts trimmed, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)
