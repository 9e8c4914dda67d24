"""What the record says to the questions of an invoice's readiness card."""

import datetime as dt

import pandas as pd

from ui.formats import date, missing, money
from ui.i18n import Reader


def evidence(reader: Reader, instalments: pd.DataFrame, accepted_on: dt.date | None) -> dict[str, str]:
    """The deal, its amount, days, owner and acceptance as the ledger has them, by question; a gap is left out."""
    first = instalments.iloc[0]
    what = [str(first[name]) for name in ("project", "order_no") if not missing(first[name]) and first[name] != ""]
    totals = instalments.groupby("currency")["amount_doc"].sum()
    terms = [f"{reader.t('heading.due_date')} {date(reader, day)}" for day in instalments["due_date"].head(1)]
    if not missing(first["terms_days"]):
        terms.append(reader.t("app.days", text=str(int(first["terms_days"]))))
    found = {
        "deal_what": " · ".join(what),
        "deal_amount": " + ".join(money(reader, amount, str(currency)) for currency, amount in totals.items()),
        "deal_when": date(reader, first["issue_date"]),
        "owner": "" if missing(first["rep"]) else str(first["rep"]),
        "acceptance": reader.t("readiness.by_ledger", date=date(reader, accepted_on)) if accepted_on else "",
        "terms": " · ".join([*terms, reader.code("due_basis", first["due_basis"])]),
    }
    return {item: text for item, text in found.items() if text}
