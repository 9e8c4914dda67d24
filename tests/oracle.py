"""The receivables figures computed the slow way: plain Python, one row after the other, written from the definitions.

Nothing here knows the SQL of a build. `Oracle(ledger, as_of)` takes rows as dictionaries of the canonical columns and
gives what the tables of a build as of that day must hold.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.oracle_documents import LONG_AGO, MONEY_DOCUMENTS, ZERO, Document, Ledger, Line, Row, Settlement, rounded

Sent = tuple[Line, Decimal, int | None]  # a line, the amount it sends to a document, the instalment it names


def clamp(value: Decimal, limit: Decimal) -> Decimal:
    """`value` brought between 0 and `limit`, which may be negative."""
    return max(min(value, max(limit, ZERO)), min(limit, ZERO))


def in_order(row: Row) -> tuple[Any, ...]:
    """The order in which bills of one amount, and the lines that took them back, take their turns."""
    return row["paid_on"], row["receipt_id"] or "", row["invoice_id"] or "", row["instalment_no"] or 0


def same_number(payer: Callable[[Row], tuple[Any, ...]], one: Row, other: Row) -> bool:
    """Whether two rows of a payer and a method bear one receipt number."""
    return all((payer(one) == payer(other), *(one[name] == other[name] for name in ("method", "receipt_id"))))


def first(documents: Sequence[Document]) -> Document:
    """The first instalment by number stands for its document where the instalments differ."""
    return min(documents, key=lambda one: one.instalment)


def told(by: str) -> str:
    """The basis of what was applied because an invoice export itself tells it."""
    return f"told by {by}"


def latest(line: Line) -> tuple[Any, ...]:
    """The order in which money accounts for settlements, from the last on."""
    return line.available_on, line.day, -line.amount, line.kind, line.receipt_id


def order_of_payment(sent: Sent, documents: Sequence[Document]) -> tuple[Any, ...]:
    line, amount, _ = sent
    on = line.applies_on(documents[0]) if len(documents) == 1 else line.available_on
    return on, line.day, -amount, line.kind, line.receipt_id


class Oracle:
    """Everything known as of a day: documents and lines with what was applied, by then, to what."""

    def __init__(
        self,
        ledger: Ledger,
        as_of: dt.date,
        *,
        base: str = "CNY",
        default_entity: str = "main",
        listed_on: dt.date = LONG_AGO,
        lists: Sequence[tuple[dt.date, Sequence[Row]]] = (),
    ) -> None:
        self.as_of, self.base, self.default_entity, self.listed_on = as_of, base, default_entity, listed_on
        self.rates: dict[str, list[tuple[dt.date, Decimal]]] = defaultdict(list)
        for row in ledger.fx_rates:
            self.rates[row["currency"]].append((row["rate_date"], row["rate_to_base"]))
        self.first_day = min(
            [row["issue_date"] for row in ledger.invoices]
            + [row["paid_on"] for row in ledger.receipts]
            + [row["rate_date"] for row in ledger.fx_rates]
        )
        self.people = {(row["entity_id"] or default_entity, row["customer_id"]): row for row in ledger.customers}
        # A list may hold no amount but what is open, so the largest of all lists is the whole.
        self.on_lists: dict[tuple[str, str, int], Decimal] = defaultdict(Decimal)
        for row in (row for _, some in lists for row in some):
            key = (row["entity_id"] or default_entity, row["invoice_id"], row["instalment_no"] or 1)
            self.on_lists[key] = max(self.on_lists[key], abs(row["amount"]))
        rows = self._standing_invoices(ledger.invoices)
        self.owners = self._owners(rows)
        self.documents = [self._document(row) for row in rows]
        # Of earlier days a list of open items lacks what was paid before it.
        first_list = min((day for day, _ in lists), default=LONG_AGO)
        self.known_from = {one.account: first_list for one in self.documents if one.key in self.on_lists}
        self.by_customer: dict[tuple[str, str], list[Document]] = defaultdict(list)
        for document in sorted(self.documents, key=lambda one: one.age_order):
            self.by_customer[document.entity, document.customer].append(document)
        self.by_id: dict[tuple[str, str], list[Document]] = defaultdict(list)
        for document in sorted(self.documents, key=lambda one: (one.due, one.instalment)):
            self.by_id[document.entity, document.invoice_id].append(document)
        self.listed = self._paid_by_difference(lists)
        self.settlements: dict[tuple[str, str, int], list[Settlement]] = defaultdict(list)
        self.contested: set[tuple[str, str, int]] = set()
        standing = self._standing_receipts(ledger.receipts)
        self.not_money = self._not_money(ledger.receipts, standing)
        self.bills = [row for row in standing if id(row) in self.not_money]
        self.paid = [row for row in standing if id(row) not in self.not_money and self._received_on(row) <= as_of]
        self.lines = sorted((self._line(row) for row in self.paid), key=lambda line: line.order)
        self._apply()

    # What the rows say.

    def _standing_invoices(self, invoices: list[Row]) -> list[Row]:
        """The later of two rows with one key, without void and draft documents and those after the as-of date."""
        standing: dict[tuple[str, str, int], Row] = {}
        for row in invoices:
            row = row | {
                "entity_id": row["entity_id"] or self.default_entity,
                "instalment_no": row["instalment_no"] or 1,
            }
            key = (row["entity_id"], row["invoice_id"], row["instalment_no"])
            if key in self.on_lists:
                row["amount"] = self.on_lists[key].copy_sign(row["amount"])
            standing[row["entity_id"], row["invoice_id"], row["instalment_no"]] = row
        return [
            row
            for row in standing.values()
            if row["status"] not in ("void", "draft") and row["issue_date"] <= self.as_of
        ]

    def _standing_receipts(self, receipts: list[Row]) -> list[Row]:
        standing: dict[tuple[Any, ...], Row] = {}
        for place, row in enumerate(receipts):
            key = tuple(
                row[name] for name in ("entity_id", "receipt_id", "invoice_id", "instalment_no", "paid_on", "kind")
            )
            standing[key if row["receipt_id"] else (place,)] = row
        return list(standing.values())

    def _not_money(self, receipts: list[Row], standing: list[Row]) -> dict[int, str]:
        """Bills and cheques not cleared by the as-of date, where their export says of some of the method when they do.

        Such a bill is in hand, or bounced: then neither it nor the line that took it back counts. A line takes back the
        bill of its number and amount, under a number of its own one of its payer, amount and invoice, or, where it
        names no invoice, of its payer and amount. Returns the reason by the identity of the row.
        """
        stated = {(row.get("import_id"), row["method"]) for row in receipts if row["cleared_on"]}
        rows = [
            row
            for row in standing
            if row["method"] in ("bill", "cheque")
            and (row["kind"] or "payment") == "payment"
            and row["paid_on"] <= self.as_of
        ]
        bills = [row for row in rows if row["amount"] > 0]
        waiting = [
            row
            for row in bills
            if (row.get("import_id"), row["method"]) in stated
            and (row["cleared_on"] is None or row["cleared_on"] > self.as_of)
        ]
        backs = [row for row in rows if row["amount"] < 0 and (row["cleared_on"] or row["paid_on"]) <= self.as_of]
        found = {id(row): "in_hand" for row in waiting}
        known: set[int] = set()

        def payer(row: Row) -> tuple[Any, ...]:
            return row["entity_id"] or self.default_entity, row["customer_id"], row["customer_id"] or row["invoice_id"]

        def meet(some: list[Row], others: list[Row], *names: str) -> None:
            """The first bill meets the first line that took back as much, the second the second, and so on."""
            turns: dict[tuple[Any, ...], list[list[Row]]] = defaultdict(lambda: [[], []])
            for row in sorted([*some, *others], key=in_order):
                if id(row) not in known:
                    key = (payer(row), row["method"], row["currency"] or self.base, abs(row["amount"]))
                    turns[*key, *(row[name] for name in names)][row["amount"] < 0].append(row)
            for came, went in turns.values():
                for bill, back in zip(came, went, strict=False):
                    if bill["paid_on"] <= back["paid_on"]:
                        known.update((id(bill), id(back)))
                        if id(bill) in found:
                            found.update({id(bill): "bounced", id(back): "bounced"})

        numbered = [[row for row in each if row["receipt_id"]] for each in (bills, backs)]
        meet(*numbered, "receipt_id")
        for back in numbered[1]:
            of_number = [row for row in numbered[0] if same_number(payer, row, back)]
            if of_number and id(back) not in known:
                known.add(id(back))
                if all(id(row) in found for row in of_number):
                    found[id(back)] = "bounced"
        meet(waiting, backs, "invoice_id")
        meet(waiting, [row for row in backs if not row["invoice_id"]])
        return found

    def bills_in_hand(self) -> list[tuple[Any, ...]]:
        """(entity, customer, number, invoice, clearing day, currency, amount, in base) of each bill in hand."""
        found = []
        for row in self.bills:
            if self.not_money[id(row)] == "in_hand":
                entity, currency = row["entity_id"] or self.default_entity, row["currency"] or self.base
                named = self.by_id.get((entity, row["invoice_id"]), []) if row["customer_id"] is None else []
                customer = first(named).customer if named else row["customer_id"] or ""
                base = rounded(row["amount"] * self._rate(currency, self.as_of))
                said = (row["receipt_id"], row["invoice_id"], row["cleared_on"], currency, row["amount"], base)
                found.append((entity, customer, *said))
        return found

    def customers(self) -> set[tuple[str, str]]:
        """(entity, customer) of everyone that an export, a document, a receipt or a bill names."""
        said = [(row["entity_id"] or self.default_entity, row["customer_id"]) for row in [*self.bills, *self.paid]]
        return {*self.people, *self.by_customer, *((entity, customer) for entity, customer in said if customer)}

    def _owners(self, rows: list[Row]) -> dict[tuple[str, str], tuple[str, str]]:
        """Rep and region of each customer: by the customer export, else by the latest document that names one."""
        latest: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for name in ("rep", "region"):
            for row in sorted((row for row in rows if row[name]), key=lambda one: (one["issue_date"], one[name])):
                latest[row["entity_id"], row["customer_id"]][name] = row[name]
        owners = {}
        for key in [*latest, *self.people]:
            person = self.people.get(key, {})
            rep, region = (person.get(name) or latest[key].get(name, "") for name in ("rep", "region"))
            owners[key] = (rep, region)
        return owners

    def _rate(self, currency: str, day: dt.date) -> Decimal:
        """The last rate known on or before the day."""
        if currency == self.base:
            return Decimal(1)
        return max(one for one in self.rates[currency] if one[0] <= day)[1]

    def _paid_by_difference(
        self, lists: Sequence[tuple[dt.date, Sequence[Row]]]
    ) -> dict[tuple[str, str, int], list[tuple[dt.date, Decimal]]]:
        """What each item was paid by the day of each open-items list of one source: by how much it shrank until then.

        Before its first list it was open in full; gone from a list it is paid; back or larger it is open again.
        """
        found: dict[tuple[str, str, int], list[tuple[dt.date, Decimal]]] = defaultdict(list)
        left: dict[tuple[str, str, int], Decimal] = {}
        for day, rows in sorted(lists, key=lambda one: one[0]):
            here = {
                (row["entity_id"] or self.default_entity, row["invoice_id"], row["instalment_no"] or 1): row
                for row in rows
            }
            for key in [*left, *(key for key in here if key not in left)]:
                row = here.get(key)
                stated = ZERO if row is None else row["amount"] if row["open_amount"] is None else row["open_amount"]
                now = abs(stated)
                before = left.get(key, self.on_lists[key])
                left[key] = now
                if now != before:
                    found[key].append((day, before - now))
        return found

    def _document(self, row: Row) -> Document:
        customer = (row["entity_id"], row["customer_id"])
        owner = self.owners.get(customer, ("", ""))
        terms = row["terms_days"] if row["terms_days"] is not None else self.people.get(customer, {}).get("terms_days")
        if row["due_date"]:
            due, basis = row["due_date"], "contractual"
        elif terms is not None:
            due, basis = row["issue_date"] + dt.timedelta(days=terms), "derived"
        else:
            due, basis = row["issue_date"], "assumed"
        doc_type = row["doc_type"] or "invoice"
        if row["amount"] < 0 and doc_type not in MONEY_DOCUMENTS:
            doc_type = "credit_note"
        currency = row["currency"] or self.base
        return Document(
            entity=row["entity_id"],
            invoice_id=row["invoice_id"],
            instalment=row["instalment_no"],
            doc_type=doc_type,
            customer=row["customer_id"],
            rep=row["rep"] or owner[0],
            region=row["region"] or owner[1],
            issue=row["issue_date"],
            due=due,
            due_basis=basis,
            currency=currency,
            amount=-abs(row["amount"]) if doc_type in MONEY_DOCUMENTS else row["amount"],
            rate=self._rate(currency, row["issue_date"]),
            disputed=bool(row["disputed"]),
            settled=self._settled(row),
            states_open=row["open_amount"] is not None and not self._is_on_list(row),
        )

    def _is_on_list(self, row: Row) -> bool:
        return (row["entity_id"] or self.default_entity, row["invoice_id"], row["instalment_no"] or 1) in self.on_lists

    def _settled(self, row: Row) -> tuple[dt.date, Decimal, str] | None:
        """What the row itself says was settled; without a settled date it was so by the day of the list."""
        if self._is_on_list(row):
            return None
        if row["settled_date"] is None and row["open_amount"] is None and row["status"] != "paid":
            return None
        told_by = "stated" if row["settled_date"] else "listed"
        return row["settled_date"] or self.listed_on, abs(row["amount"]) - abs(row["open_amount"] or ZERO), told_by

    def _received_on(self, row: Row) -> dt.date:
        """The day from which money counts: of a bill or cheque the day it clears, where that is said."""
        cleared: dt.date | None = row["cleared_on"] if row["method"] in ("bill", "cheque") else None
        return cleared or row["paid_on"]

    def _line(self, row: Row) -> Line:
        entity = row["entity_id"] or self.default_entity
        invoice_id, customer = row["invoice_id"], row["customer_id"]
        if not invoice_id and row["reference"]:
            candidates = {
                one.invoice_id
                for one in self.by_customer.get((entity, customer), [])
                if first(self.by_id[entity, one.invoice_id]) is one
            }
            quoted = [one for one in candidates if quotes(row["reference"], one)]
            invoice_id = quoted.pop() if len(quoted) == 1 else None
        named = self.by_id.get((entity, invoice_id), []) if invoice_id else []
        customer = first(named).customer if named else customer or ""
        spent = self.by_id.get((entity, row["receipt_id"] or ""), [])
        day = self._received_on(row)
        currency = row["currency"] or (first(named).currency if named else self.base)
        return Line(
            entity=entity,
            receipt_id=row["receipt_id"] or "",
            customer=customer,
            day=day,
            not_before=row["applied_on"] or LONG_AGO,
            amount=row["amount"],
            currency=currency,
            rate=self._rate(currency, day),
            kind=row["kind"] or "payment",
            invoice_id=invoice_id,
            instalment=row["instalment_no"] if row["invoice_id"] else None,
            account=(entity, customer, *self.owners.get((entity, customer), ("", ""))),
            spends=row["receipt_id"]
            if spent and first(spent).amount < 0 and row["invoice_id"] != row["receipt_id"]
            else None,
            can_bounce=row["method"] in ("bill", "cheque"),
        )

    # What was applied to what.

    def _apply(self) -> None:
        self._apply_directed()
        free = [line for line in self.lines if not line.invoice_id and line.amount > 0]
        bounced = self._bounced(free)
        free = [line for line in free if line.available_on <= self.as_of and id(line) not in bounced]
        free = self._account_for_settlements(free)
        free = [line for line in free if not self._is_in_what_is_stated(line)]
        free = self._apply_exact(sorted(free, key=lambda line: (line.available_on, line.order)))
        self._apply_oldest_first(free)

    def _is_in_what_is_stated(self, line: Line) -> bool:
        """Whether money came by the day on which the ledger states what is open of all that its customer owes."""
        documents = self.by_customer.get((line.entity, line.customer), [])
        debts = [one for one in documents if one.amount > 0 and one.currency == line.currency]
        return line.available_on <= self.listed_on and bool(debts) and all(one.states_open for one in debts)

    def _book(self, line: Line, document: Document, day: dt.date, amount: Decimal, basis: str) -> None:
        if amount:
            document.applied.append((day, amount, line.kind, told(line.told_by) if line.told_by else basis))
            line.used.append((day, amount))
            if line.told_by:
                self.settlements[document.key].append(Settlement(document, day, line.told_by, amount))

    def _apply_directed(self) -> None:
        """Each line to the invoice it names, in date order; what the invoice does not owe stays on the customer.

        A line under the number of a credit note or prepayment takes as much off that document.
        """
        directed: dict[tuple[str, str], list[Sent]] = defaultdict(list)
        for line in self.lines:
            if line.invoice_id:
                directed[line.entity, line.invoice_id].append((line, line.amount, line.instalment))
            if line.spends:
                directed[line.entity, line.spends].append((line, -line.amount, None))
        for key, documents in self.by_id.items():
            if sent := directed[key] + self._stated(documents, directed[key]):
                usable = [one for one in sent if one[0].applies_on(first(documents)) <= self.as_of]
                self._pay(documents, usable)

    def _stated(self, documents: list[Document], sent: list[Sent]) -> list[Sent]:
        """What the invoice's own row says was settled and no line accounts for, as lines that are no new money."""
        stated: list[Sent] = []
        for one in documents:
            sign = 1 if one.amount >= 0 else -1
            accounted = sum((amount for line, amount, _ in sent if line.currency == one.currency), ZERO)
            for day, paid in self.listed[one.entity, one.invoice_id, one.instalment]:
                stated.append((self._no_new_money(one, day, sign * paid, "listed"), sign * paid, one.instalment))
            if one.settled is None or (len(documents) > 1 and accounted):
                continue
            day, settled, told_by = one.settled
            amount = sign * settled - accounted
            if amount * sign * settled > 0:
                stated.append((self._no_new_money(one, day, amount, told_by), amount, one.instalment))
        return stated

    def _no_new_money(self, one: Document, day: dt.date, amount: Decimal, told_by: str) -> Line:
        return Line(
            one.entity, "", one.customer, day, LONG_AGO, amount, one.currency, one.rate, "payment",
            one.invoice_id, one.instalment, one.account, None, told_by=told_by,
        )  # fmt: skip

    def _pay(self, documents: list[Document], sent: list[Sent]) -> None:
        """Lines that name an instalment pay it; the others then fill what is left, oldest due date first."""
        self._find_contested(documents, sent)
        for currency in {one.currency for one in documents}:
            owing = [one for one in documents if one.currency == currency]
            here = [one for one in sent if one[0].currency == currency]
            if len(documents) == 1:
                self._fill(owing, here)
                return
            for document in owing:
                self._fill([document], [one for one in here if one[2] == document.instalment])
            self._fill(owing, [one for one in here if one[2] is None])

    def _find_contested(self, documents: list[Document], sent: list[Sent]) -> None:
        """Know the instalments to which more is directed than they owe, or from which something is taken back."""
        for one in documents:
            theirs = [
                amount
                for line, amount, instalment in sent
                if line.currency == one.currency and (len(documents) == 1 or instalment == one.instalment)
            ]
            if theirs and (min(theirs) <= 0 or sum(theirs) > one.amount):
                self.contested.add(one.key)

    def _fill(self, documents: list[Document], sent: list[Sent]) -> None:
        """Keep what was sent in total, clamp it to what is owed, and book the change that each line makes."""
        owed = [one.open(self.as_of) for one in documents]
        before, total = [ZERO] * len(owed), ZERO
        for line, amount, _ in sorted(sent, key=lambda one: order_of_payment(one, documents)):
            total += amount
            left, after = total, []
            for limit in owed:
                after.append(clamp(left, limit))
                left -= after[-1]
            for document, was, now in zip(documents, before, after, strict=True):
                self._book(line, document, line.applies_on(document), now - was, "stated")
            before = after

    def _bounced(self, free: list[Line]) -> set[int]:
        """The money without an invoice number that came back in full: by its receipt number, a bill or cheque by sum.

        A line that took back from what was paid by number has done its work. The oldest money is taken back first.
        """
        backs = [
            line
            for line in self.lines
            if line.amount < 0
            and line.kind == "payment"
            and not line.spends
            and all(used >= 0 for _, used in line.used)
        ]
        paid = [line for line in free if line.kind == "payment" and not line.spends]
        found: set[int] = set()
        for by_number in (True, False):
            turns: dict[tuple[Any, ...], list[list[Line]]] = defaultdict(lambda: [[], []])
            for line in sorted(paid + backs, key=lambda one: (one.day, one.receipt_id)):
                if id(line) not in found and (line.receipt_id if by_number else line.can_bounce):
                    number = line.receipt_id if by_number else ""
                    key = (line.entity, line.customer, line.currency, abs(line.amount), number)
                    turns[key][line.amount < 0].append(line)
            for came, went in turns.values():
                for one, back in zip(came, went, strict=False):
                    if one.day <= back.day:
                        found |= {id(one), id(back)}
        return found

    def _account_for_settlements(self, free: list[Line]) -> list[Line]:
        """Take for settlements that the exports tell the money that was free; returns the lines with anything left.

        One of exactly the amount, counted from the latest of both, else the latest money for the latest settlement. A
        credit note that was settled is money of the day of its own settlement.
        """
        told = self._told()
        for payer in {(line.entity, line.customer, line.currency) for line in free}:
            lines = sorted((one for one in free if (one.entity, one.customer, one.currency) == payer), key=latest)[::-1]
            theirs = [one for one in told if (*one.document.account[:2], one.document.currency) == payer]
            debts = [one for one in theirs if one.amount > 0 and one.document.amount > 0]
            met: dict[Decimal, list[Settlement]] = defaultdict(list)
            for debt in debts:
                met[debt.amount].append(debt)
            taken = set()
            counts: dict[Decimal, int] = defaultdict(int)
            for line in lines:
                place, counts[line.amount] = counts[line.amount], counts[line.amount] + 1
                if place < len(met[line.amount]) and line.available_on <= met[line.amount][place].known_on:
                    taken |= {id(line), id(met[line.amount][place])}
                    self._account(line, met[line.amount][place], line.amount)
            credits = [
                (one.day, one.day, one.amount, "", one.document.invoice_id, None, -one.amount)
                for one in theirs
                if one.amount < 0 and one.document.amount < 0
            ]
            money = [
                (*latest(one)[:2], -one.amount, one.kind, one.receipt_id, one, one.amount)
                for one in lines
                if id(one) not in taken
            ]
            row = sorted(money + credits, key=lambda one: one[:5], reverse=True)
            self._latest_for_latest(row, [one for one in debts if id(one) not in taken])
        return [line for line in free if line.left]

    def _latest_for_latest(self, row: list[tuple[Any, ...]], debts: list[Settlement]) -> None:
        """Lay the money against the settlements, both from the latest on; what came too late for one is passed over."""
        left = [one[-1] for one in row]
        place = 0
        for debt in debts:
            owed = debt.amount
            while place < len(row) and owed:
                if row[place][0] > debt.known_on or not left[place]:
                    place += 1
                    continue
                part = min(owed, left[place])
                left[place] -= part
                owed -= part
                if line := row[place][-2]:
                    self._account(line, debt, part)

    def _told(self) -> list[Settlement]:
        """What the exports tell of settlements, by instalment, day and way, the latest first."""
        found: dict[tuple[Any, ...], Settlement] = {}
        for one in (one for each in self.settlements.values() for one in each):
            known = found.setdefault((*one.document.key, one.day, one.by), replace(one, amount=ZERO))
            known.amount += one.amount
            contested = one.document.key in self.contested
            known.known_on = one.day if contested or one.by == "listed" else max(one.day, self.listed_on)
        # Of two of an instalment on one day, the one that lists tell comes first.
        return sorted(sorted(found.values(), key=lambda one: one.by), key=Settlement.order, reverse=True)

    def _account(self, line: Line, debt: Settlement, amount: Decimal) -> None:
        """Put the money of a line in the place of as much of a settlement."""
        document = debt.document
        if document.key in self.contested:
            day = debt.day
        elif debt.by == "listed":
            day = line.applies_on(document)
        else:
            day = max(line.available_on, debt.day)
        here = [one for one in document.applied if (one[0], one[3]) == (debt.day, told(debt.by))]
        rest = sum((one[1] for one in here), -amount)
        document.applied = [one for one in document.applied if one not in here]
        if rest:
            document.applied.append((debt.day, rest, "payment", told(debt.by)))
        self._book(line, document, day, amount, "inferred")

    def _apply_exact(self, lines: list[Line]) -> list[Line]:
        """The n-th receipt of an amount meets the n-th instalment that owes it; returns the lines that met none."""
        owing: dict[tuple[Any, ...], list[Document]] = defaultdict(list)
        for document in sorted(self.documents, key=lambda one: one.age_order):
            left = document.open(self.as_of)
            if left > 0:
                owing[document.entity, document.customer, document.currency, left].append(document)
        counts: dict[tuple[Any, ...], int] = defaultdict(int)
        unmet = []
        for line in lines:
            key = (line.entity, line.customer, line.currency, line.left)
            place, counts[key] = counts[key], counts[key] + 1
            if place < len(owing[key]) and owing[key][place].issue <= line.available_on:
                document = owing[key][place]
                self._book(line, document, line.applies_on(document), line.left, "fifo")
            else:
                unmet.append(line)
        return unmet

    def _apply_oldest_first(self, lines: list[Line]) -> None:
        for line in lines:
            for document in self.by_customer.get((line.entity, line.customer), []):
                owed = document.open(self.as_of)
                if document.currency == line.currency and owed > 0:
                    self._book(line, document, line.applies_on(document), min(line.left, owed), "fifo")


def quotes(text: str, invoice_id: str) -> bool:
    """Whether a payment text holds an invoice number that no letter or digit continues on either side."""
    place = text.find(invoice_id)
    while place >= 0:
        around = text[place - 1 : place] + text[place + len(invoice_id) : place + len(invoice_id) + 1]
        if not any(one.isascii() and one.isalnum() for one in around):
            return True
        place = text.find(invoice_id, place + 1)
    return False
