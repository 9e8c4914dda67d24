"""Registers of bills and drafts (票据台账) among exports: told by columns that no list of receivables has."""

import re
from collections.abc import Sequence

from pipelines.reading.mapping_headers import compact, known_as
from pipelines.reading.values_words import by_table

_ENOUGH = 3  # different ones of these columns, one of them telling
# What a register says of each bill, in headers reduced to what is compared. Of these a list of invoices may have some.
_COLUMNS = {
    "number": r"(汇票|票据|承兑)包?(号|编号)|(?<![发开])票号|子票|drafts?(no|number)|billofexchange",
    "drawn": r"出票日|收票日|交票日|drawingdate|drawnon|dateofdraft",
    "due": r"到期|maturity",
    "face": r"票面|(?<!发)票金额|票据金额|faceamount|facevalue",
    "state": r"票据状态|贴现|托收|质押",
}
# These only a register has: who drew a bill, who pays it, who handed it on.
_TELLING = {
    "drawer": r"出票(人|单位|方(?!式)|企业|公司)|drawer",
    "acceptor": r"承兑(人|银行|行|方(?!式)|单位|企业)|accept(or|ing)|drawee",
    "endorser": r"^(直接)?[前后]手|交票(人|单位|方)|背书|endorse",
}
_TITLE = re.compile(
    r"应收票据|(票据|汇票|承兑|银承|商承).{0,4}(台账|登记|备查)|bills? (register|receivable|of exchange)|draft register"
    r"|notes receivable",
    re.I,
)
_TYPE = re.compile(r"票据(类型|种类|类别|品种)|票种|(bill|draft|instrument)type")
_method = by_table("method")


def bill_columns(headers: Sequence[str], titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The headers that make a table a register of bills, whose rows are neither invoices nor receipts; else none.

    A list of receipts names the bills it took beside its other money: it has a column with the way of payment.
    """
    if any(name == "method" for header in headers for name, _ in known_as("receipts", header)):
        return []
    found: dict[str, str] = {}
    for name, pattern in {**_COLUMNS, **_TELLING}.items():
        header = next((each for each in headers if re.search(pattern, compact(each))), None)
        if header is not None:
            found[name] = header
    is_told = bool(_TELLING.keys() & found.keys()) or any(_TITLE.search(title.replace("_", " ")) for title in titles)
    for index, header in enumerate(headers):
        if _TYPE.search(compact(header)) and _are_bills(rows, index):
            found["type"], is_told = header, True
    return list(dict.fromkeys(found.values())) if is_told and len(found) >= _ENOUGH else []


def _are_bills(rows: Sequence[Sequence[str]], index: int) -> bool:
    """Whether most values of a column are kinds of bills, as 银行承兑汇票 is, and not types of invoices."""
    values = [cells[index].strip() for cells in rows if index < len(cells) and cells[index].strip()]
    bills = sum(bool(_method(value) == "bill" or re.search(r"承兑|[银商]承|汇票", value)) for value in values)
    return 2 * bills > len(values)
