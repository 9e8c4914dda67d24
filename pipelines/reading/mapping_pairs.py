"""Columns that only mean what they do beside others: two names of a customer, debits and credits, taxes, sides."""

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.reading.mapping_headers import compact, is_clearing, is_debit, is_net, known_as

_BARE = (
    "customer",
    "client",
    "debtor",
    "partner",
    "party",
    "kunde",
    "debitor",
    "cliente",
    "客户",
    "得意先",
    "取引先",
    "거래처",
    "고객",
)
_APPLIED = ("核销金额", "本次核销金额", "amountapplied", "appliedamount", "allocatedamount", "totalallocatedamount")


@dataclass(frozen=True)
class SourceColumn:
    """Where a canonical column comes from; `how` is given, saved, synonym, fuzzy, place or group."""

    index: int
    header: str
    how: str
    confidence: float


def split_customer(found: dict[str, SourceColumn], headers: Sequence[str], kind: str, taken: set[int]) -> None:
    """Where two columns could be the customer's name and none is its number, the bare word is the number."""
    if "customer_name" not in found or "customer_id" in found or found["customer_name"].how == "group":
        return
    others = [i for i, h in enumerate(headers) if i not in taken and ("customer_name", 0) in _names(kind, h)]
    named = found["customer_name"]
    for index in others:
        if compact(headers[index]) in _BARE:
            found["customer_id"] = SourceColumn(index, headers[index], "synonym", 0.9)
        elif compact(named.header) in _BARE:
            found["customer_id"] = SourceColumn(named.index, named.header, "synonym", 0.9)
            found["customer_name"] = SourceColumn(index, headers[index], "synonym", 1.0)
        else:
            continue
        taken.add(index)
        return


def side_of_balance(found: dict[str, SourceColumn], headers: Sequence[str], given: Dict[str, str | None]) -> None:
    """Keep of the columns that tell debits from credits the one that stands before the balance, else behind it."""
    if "side" not in found or "side" in given:
        return
    side, balance = found.pop("side"), found.get("open_amount")
    if balance is None:
        return
    sides = [i for i, header in enumerate(headers) if ("side", 0) in _names("aged_summary", header)]
    before = [i for i in sides if i < balance.index]
    index = before[-1] if before else min(sides)
    found["side"] = SourceColumn(index, headers[index], side.how, side.confidence)


def pair_sides(found: dict[str, SourceColumn]) -> None:
    """Keep a credit column only beside a debit column; with both, a balance is the account's, not the document's."""
    if "credit_amount" not in found:
        return
    if "amount" not in found or not is_debit(found["amount"].header):
        column = found.pop("credit_amount")
        if "paid_amount" not in found and ("paid_amount", 0) in _names("invoices", column.header):
            found["paid_amount"] = column
        return
    for name in ("open_amount", "side"):
        if name in found and found[name].how not in ("given", "saved"):
            del found[name]


def pair_tax(found: dict[str, SourceColumn], headers: Sequence[str], given: Dict[str, str | None]) -> None:
    """Keep a column of taxes only beside an amount without them, which is only one of an invoice with them."""
    if "tax_amount" in found and not {"amount", "open_amount"} & found.keys() and "amount" not in given:
        net = next((i for i, header in enumerate(headers) if is_net(header)), None)
        if net is not None and net not in {column.index for column in found.values()}:
            found["amount"] = SourceColumn(net, headers[net], "synonym", 1.0)
    amount = found.get("amount")
    if "tax_amount" in found and "tax_amount" not in given and not (amount and is_net(amount.header)):
        del found["tax_amount"]


def whole_receipts(found: dict[str, SourceColumn], headers: Sequence[str], kind: str, taken: set[int]) -> None:
    """Take what was received where nothing says to which invoice a part of it was applied: the rest is on account."""
    amount = found.get("amount")
    if kind != "receipts" or "invoice_id" in found or amount is None or compact(amount.header) not in _APPLIED:
        return
    others = [
        (place, index)
        for index, header in enumerate(headers)
        if index not in taken and compact(header) not in _APPLIED
        for name, place in known_as(kind, header)
        if name == "amount"
    ]
    if others and amount.how == "synonym":
        index = min(others)[1]
        found["amount"] = SourceColumn(index, headers[index], "synonym", 1.0)


def clearing_day(found: dict[str, SourceColumn], headers: Sequence[str], given: Dict[str, str | None]) -> None:
    """Take the day on which receipts were cleared, where another column says when they were paid.

    Beside the method of payment it is that of bills and cheques at the bank, else that of the matching with invoices.
    Where receipts go by the number they were cleared by, the other day is that of what they pay.
    """
    used = {column.index for column in found.values()}
    free = [i for i, header in enumerate(headers) if i not in used and is_clearing(header)]
    if not free or headers[free[0]] in given.values():
        return
    column = SourceColumn(free[0], headers[free[0]], "synonym", 1.0)
    number = found.get("receipt_id")
    if number and is_clearing(number.header, "document") and found["paid_on"].how not in ("given", "saved"):
        found["paid_on"] = column
        return
    name = "cleared_on" if "method" in found else "applied_on"
    if name not in found and name not in given:
        found[name] = column


def _names(kind: str, header: str) -> list[tuple[str, int]]:
    """What a header is known for, without its place."""
    return [(name, 0) for name, _ in known_as(kind, header)]
