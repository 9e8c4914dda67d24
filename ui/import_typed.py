"""What a person typed about a file, as the reader of files takes it."""

import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

ARGUMENTS = ("kind", "source", "as_of", "sheet")  # said beside the mapping, not in it


def options_of(said: dict[str, Any]) -> dict[str, Any]:
    """The mapping of what was said: columns, styles, currency, control total; a total that is no amount is left out."""
    options = {name: value for name, value in said.items() if name not in ARGUMENTS and value}
    if "control_total" in options:
        amount = amount_of(str(options.pop("control_total")))
        options |= {} if amount is None else {"control_total": str(amount)}
    return options


def amount_of(text: str) -> Decimal | None:
    """An amount as a person types it, `1,234.50` or `1 234.50`, full width too; None where it is none."""
    written = unicodedata.normalize("NFKC", text).strip().replace(" ", "").replace(",", "")
    try:
        amount = Decimal(written)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
