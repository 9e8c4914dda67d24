"""The ways a header row cannot be understood, one error each."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines import i18n
from pipelines.errors import UserError


class MissingColumns(UserError):
    """The header lacks columns that rows of this kind cannot do without."""

    def __init__(
        self,
        file: str,
        kind: str,
        columns: Sequence[str],
        headers: Sequence[str],
        found: Mapping[str, Any] | None = None,
    ) -> None:
        self.file, self.kind, self.columns, self.headers = file, kind, list(columns), list(headers)
        self.found = dict(found or {})
        super().__init__("error.columns_missing")

    def text(self, language: str) -> str:
        names = "、" if language == "zh_CN" else ", "
        return i18n.translate(
            language,
            self.code,
            file=self.file,
            kind=i18n.translate(language, f"kind.{self.kind}"),
            columns=names.join(i18n.translate(language, f"column.{c}") for c in self.columns),
            headers=names.join(self.headers[:30]) or "-",
        )


class TableUnknown(UserError):
    """No record looks like the header of an export of receivables."""

    def __init__(self, file: str, line: int, headers: Sequence[str]) -> None:
        found = " | ".join(h for h in headers if h.strip())[:200] or "-"
        super().__init__("error.table_unknown", file=file, line=line, found=found)


class DocumentsAmongSums(UserError):
    """Sums by customer and the documents they are made of stand in the same columns."""

    def __init__(self, file: str, header: str) -> None:
        super().__init__("error.documents_among_sums", file=file, header=header)


class BucketUnknown(UserError):
    """Columns among the buckets name no days, and the rows only add up to their total with them."""

    def __init__(self, file: str, headers: Sequence[str], total: str) -> None:
        self.file, self.headers, self.total = file, list(headers), total
        super().__init__("error.bucket_unknown")

    def text(self, language: str) -> str:
        headers = i18n.listed(language, self.headers)
        return i18n.translate(language, self.code, file=self.file, headers=headers, total=self.total)


class StatementOfNobody(UserError):
    """Debits and credits of an account stand in the file and nothing says whose account it is."""

    def __init__(self, file: str, headers: Sequence[str]) -> None:
        self.file, self.headers = file, list(headers)
        super().__init__("error.statement_of_nobody")

    def text(self, language: str) -> str:
        headers = ("、" if language == "zh_CN" else ", ").join(self.headers)
        return i18n.translate(language, self.code, file=self.file, headers=headers)


class BankAccount(UserError):
    """The movements of an account at a bank, of which no column says from whom money came."""

    def __init__(self, file: str, headers: Sequence[str]) -> None:
        self.file, self.headers = file, list(headers)
        super().__init__("error.bank_account")

    def text(self, language: str) -> str:
        return i18n.translate(language, self.code, file=self.file, headers=i18n.listed(language, self.headers))


class SumsByMonth(UserError):
    """Columns hold sums by month, no documents and no balances by age."""

    def __init__(self, file: str, headers: Sequence[str]) -> None:
        self.file, self.headers = file, list(headers)
        super().__init__("error.sums_by_month")

    def text(self, language: str) -> str:
        return i18n.translate(language, self.code, file=self.file, headers=i18n.listed(language, self.headers[:6]))


class BillRegister(UserError):
    """The rows are bills of exchange: no invoices, and no money received before they are paid."""

    def __init__(self, file: str, headers: Sequence[str]) -> None:
        self.file, self.headers = file, list(headers)
        super().__init__("error.bill_register")

    def text(self, language: str) -> str:
        return i18n.translate(language, self.code, file=self.file, headers=i18n.listed(language, self.headers))


class KindUnclear(UserError):
    """The header fits two kinds equally well."""

    def __init__(self, file: str, kinds: Sequence[str]) -> None:
        self.file, self.kinds = file, list(kinds)
        super().__init__("error.kind_unclear")

    def text(self, language: str) -> str:
        kinds = (" 或 " if language == "zh_CN" else " or ").join(
            f"{i18n.translate(language, f'kind.{k}')} (--kind {k})" for k in self.kinds
        )
        return i18n.translate(language, self.code, file=self.file, kinds=kinds)


class BadMapping(UserError):
    """The mapping names a column, header or kind that does not exist."""

    def __init__(self, file: str, what: str, value: str, allowed: str) -> None:
        super().__init__("error.mapping_bad", file=file, what=what, value=value, allowed=allowed)
