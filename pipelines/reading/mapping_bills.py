"""Registers of bills and drafts (票据台账): told by columns no list of receivables has, and what each of them means."""

import re
from collections.abc import Mapping, Sequence

from pipelines.reading.mapping_headers import compact, is_data, known_as
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
# What each column of a register says of a bill, in headers reduced to what is compared; of several patterns, and of
# several columns that fit one, the first. A column has one meaning: the first of these that it fits.
_MEANINGS: dict[str, tuple[str, ...]] = {
    "part": (
        r"(子票|票据|票)包?区间(?!(截?止|终|结束))",
        r"^(sub(bill|draft|ticket))?(interval|range)$|sub(bill|draft)(range|interval|no)",
    ),
    "part_to": (r"(子票|票据|票)包?区间(截?止|终|结束)",),
    "bill_number": (
        r"^(电子)?(商业|银行)?(承兑)?(汇票|票据|支票|票|本票)包?(\(包\))?(号码?|编号)$|^承兑(汇票)?(号码?|编号)$",
        r"(汇票|票据|支票)包?(号码?|编号)|(?<![发开])票号",
        r"^(bills?|drafts?|notes?|che(que|ck)|instrument)(ofexchange|receivable)?(no|number|id|ref(erence)?)$",
        r"^bo(e|x)?(no|number)$|^wechselnummer$|手形番号",
    ),
    "discounted_on": (r"贴现(办理|交易)?(日|时间)|discount(ed|ing)?(on|date)|date(of)?discount(ed|ing)?",),
    "endorsed_on": (r"(背书|转让)(转让|办理)?(日|时间)|endorse(d|ment)?(on|date)|date(of)?endorse(d|ment)",),
    "bounced_on": (r"(拒付|退票|追索)(日|时间)|(bounced?|dishono(u)?red|return(ed)?|protested)(on|date)",),
    "cleared_on": (
        r"(兑付|解付|结清|承付|到账|收款|回款|托收(回款|到账|入账)?|结算)(日|时间)",
        r"(clear(ed|ing|ance)|paid|collect(ed|ion)|settled|settlement|honou?red|encashed)(on|date)",
    ),
    "state_on": (
        r"(票据)?状态(变更|更新)?(日|时间)|(变更|处理|处置|去向)(日|时间)|^(状态|处理)日期$",
        r"^(status|state)(changed?)?(on|date|since)$|^since$|lastmovedon",
    ),
    "due_on": (r"^(票据|汇票)?到期(日|日期)$", r"到期(日|时间)", r"maturity|due(date|on)|dateofmaturity|^due$"),
    "drawn_on": (
        r"(出票|开票|签发|承兑)(日|时间)",
        r"^drawn$|(draw(n|ing)?|issued?|bill|draft)(on|date)|dateof(draft|issue)",
    ),
    "received_on": (
        r"(收票|收到|接收|收入|取得|入库|入账|登记|交票|签收)(日|时间)|^收日期$",
        r"^received?$|(received?|receipt|entered|entry|registered)(on|date)|date(of)?(received?|receipt)",
    ),
    "bill_state": (
        r"^(票据|汇票|当前)?(状态|状况)$",
        r"(?<!流转)(?<!流通)(?<!单据)(?<!审核)(?<!审批)(状态|状况)$|^(处理|处置)(方式|情况|状态|结果)$|(票据)?去向$",
        r"^(bill|draft|instrument|note)?(status|state)$",
    ),
    "entity_id": (),
    "customer_id": (),
    "customer_name": (
        r"^(客户|往来单位|客商)",
        r"^customer|^client|^debtor",
        r"^(直接)?前手|^(上手|交票|来票|收自|转入|转让|背书)(人|单位|方|企业|公司|户)?(全?名称?)?$",
        r"^(last)?(endorser|transferor|presenter|presentedby|handedoverby|received?from|previousholder)(name)?$",
        r"^from(whom)?$",
        r"^付款(单位|方)(名称|全称)?$",
    ),
    "drawer": (r"出票(人|单位|企业|公司|方)(全?名称?|全称|户名)?$", r"^(drawer|issuer|maker|drawnby)(name)?$"),
    "drawee": (
        r"(承兑|付款)(人|银行|行|单位|企业|方)(全?名称?|全称)?$",
        r"^(acceptor|acceptedby|acceptingbank|drawee|bank)(name)?$",
    ),
    "invoice_id": (
        r"(发票|应收单)(号码?|编号)$|^(核销|对应)(发票|应收单|单据)号?",
        r"^(against)?invoice(no|number|id)?$",
    ),
    "amount": (
        r"^(票面|票据|汇票)(\(包\)|包)?金额",
        r"^(face|bill|draft|nominal)(amount|value)$",
        r"^(原币|交易)?金额$|^amount$|^(amountin)?(document|transaction)?(currency)?amount$",
    ),
    "currency": (),
}  # fmt: skip
# Of these the names are those of all exports.
_NAMED = {"entity_id", "customer_id", "customer_name", "currency", "amount"}
# Numbers that invoices have as well: `Bill No.` is the number of an invoice in many a ledger.
_ANYBODYS = re.compile(r"^bills?(no|number|id|ref(erence)?)$|^票据号码?$|^(instrument|notes?)(no|number|id)$")
_OF_BILLS = {"part", "discounted_on", "endorsed_on", "bounced_on", "drawer"}
_ENDORSER, _ENDORSEE = re.compile(r"背书|endorser", re.I), re.compile(r"被背书|endorsee|endorsed to", re.I)
_STATE_OF_BILLS = re.compile(r"票据|汇票|\bdraft", re.I)
_state = by_table("bill_state")


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


def register_columns(headers: Sequence[str]) -> dict[str, int]:
    """The place of each column of a register of bills by what it says of them: number, amount, due_on and the like."""
    found: dict[str, int] = {}
    for name, patterns in _MEANINGS.items():
        free = [(i, compact(header)) for i, header in enumerate(headers) if header.strip() and i not in found.values()]
        ways = [[i for i, header in free if re.search(pattern, header)] for pattern in patterns]
        if name in _NAMED:
            known = [i for i, _ in free if any(each == name for each, _ in known_as("invoices", headers[i]))]
            if name == "customer_name":  # who pays a bill is not always who handed it over: that is the last choice
                known = [i for i in known if "付款" not in headers[i]]
            ways.insert({"customer_name": 2, "amount": len(ways)}.get(name, 0), known)
        place = next((places[0] for places in ways if places), None)
        if place is not None:
            found[name] = place
    if "endorsed_on" in found and "customer_name" in found:
        is_endorser = bool(_ENDORSER.search(headers[found["customer_name"]]))
        if is_endorser and not any(_ENDORSEE.search(header) for header in headers):
            del found["endorsed_on"]  # it may be the day on which the customer endorsed the bill to us
    return found


def rank_register(cells: Sequence[str]) -> float:
    """How much a record looks like the header of a register of bills: columns it has, data cells against it."""
    known = register_columns([cell if not is_data(cell) else "" for cell in cells])
    return len(known) - 2 * sum(1 for cell in cells if cell and is_data(cell))


def is_register(
    columns: Mapping[str, int], headers: Sequence[str], titles: Sequence[str], rows: Sequence[Sequence[str]]
) -> bool | None:
    """Whether a table with these columns is a register of bills; None where a list of invoices could look like it."""
    for index, header in enumerate(headers):
        if any(name == "method" for name, _ in known_as("receipts", header)) and not _are_bills(rows, index):
            return False  # money received in several ways
    if "bill_number" not in columns:
        return False
    if not _ANYBODYS.search(compact(headers[columns["bill_number"]])):
        return True
    if _OF_BILLS & columns.keys() or bill_columns(headers, titles, rows):
        return True
    place = columns.get("bill_state")
    if place is not None and _STATE_OF_BILLS.search(headers[place]):
        return True
    states = {_state(cells[place]) for cells in rows if place is not None and place < len(cells)}
    return True if states - {None, "cleared"} else None
