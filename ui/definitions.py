"""The definition of every figure on the pages, from one set of texts, with this installation's settings filled in."""

from itertools import pairwise
from typing import NamedTuple

from pipelines.settings import Settings
from ui.buckets import bucket_name
from ui.formats import percent, plain
from ui.i18n import Reader

GROUPS = {
    "balance": (
        "outstanding", "not_due", "overdue", "unapplied", "overdue_ratio", "overdue_customers", "exchange_difference",
    ),
    "aging": ("days_past_due", "ledger_age", "bucket"),
    "dso": ("dso_simple", "dso_countback", "dso_best_possible", "add_days", "cei"),
    "lateness": ("days_late", "days_late_with_open", "days_to_pay", "days_late_before", "at_risk_rate"),
    "rolls": ("roll_rate", "provision"),
    "cash": ("cash_to_come", "cash_soon", "cash_expected", "cash_later"),
    "bills": ("bill_outlived",),
    "risk": ("p_late", "p_late_weighted", "priority_score", "queue_place", "call_by"),
}  # fmt: skip
# The same in symbols: T as-of date or month end, i instalment, k bucket, m month, p payment, w week.
SYMBOLS = {
    # On two lines: beside the menu of a small screen the page is narrower than one.
    "outstanding": r"\begin{aligned}AR_T&=\sum_i\left(\mathrm{invoiced}_i-\sum\mathrm{applied}_i\right)\\"
    r"&=N_T+O_T-U_T\end{aligned}",
    "not_due": r"N_T=\sum_{i:\,\mathrm{due}_i\ge T}\mathrm{open}_i(T)",
    "overdue": r"O_T=\sum_{i:\,\mathrm{due}_i<T}\mathrm{open}_i(T)",
    "unapplied": r"U_T=-\sum_{i:\,\mathrm{open}_i<0}\mathrm{open}_i(T)",
    "overdue_ratio": r"\frac{O_T}{N_T+O_T}",
    "overdue_customers": r"\#\{c:\,O_{c,T}>0\}",
    "exchange_difference": r"\sum_i\mathrm{open}^{doc}_i\,(r_T-r_{booked})",
    "days_past_due": r"T-\mathrm{due}_i",
    "ledger_age": r"T-\mathrm{issued}_i",
    "bucket": r"B_k=\sum_{i:\,e_{k-1}<T-\mathrm{due}_i\le e_k}\mathrm{open}_i(T)",
    "dso_simple": r"\frac{AR_T}{S}\times D",
    "dso_countback": r"\sum_{m<n}d_m+d_n\cdot\frac{AR_T-\sum_{m<n}S_m}{S_n}",
    "dso_best_possible": r"\sum_{m<n}d_m+d_n\cdot\frac{N_T-\sum_{m<n}S_m}{S_n}",
    "add_days": r"DSO-DSO_{best}",
    "cei": r"\frac{AR_{T-1}+S-AR_T}{AR_{T-1}+S-N_T}\times 100",
    "days_late": r"\frac{\sum_p P_p\,(t_p-\mathrm{due}_p)}{\sum_p P_p}",
    "days_late_with_open": r"\frac{\sum_p P_p(t_p-\mathrm{due}_p)+\sum_i O_i(T-\mathrm{due}_i)}{\sum_p P_p+\sum_i O_i}",
    "days_to_pay": r"\frac{\sum_p P_p(\mathrm{due}_p-\mathrm{issued}_p)+\sum_p P_p(t_p-\mathrm{due}_p)}{\sum_p P_p}",
    "days_late_before": r"\frac{\sum_p P_p\,(t_p-\mathrm{due}_p)}{\sum_p P_p}",
    "at_risk_rate": r"\frac{\sum_i\mathrm{unpaid}_i(\mathrm{due}_i+a)}{\sum_i\mathrm{invoiced}_i}",
    "roll_rate": r"m_{j\to k}=\frac{B_{j\to k}(t+1)}{B_j(t)}",
    "provision": r"\sum_k B_k L_k(1+f),\quad L_k=m_k\,m_{k+1}\cdots\ell",
    "cash_to_come": r"\sum_w E_w+E_{later}",
    "cash_soon": r"\sum_{w=1}^{4}E_w",
    "cash_expected": r"\sum_{w=1}^{13}E_w",
    "cash_later": r"\sum_i\mathrm{open}_i-\sum_{w=1}^{13}E_w",
    "p_late": r"P(t_i>\mathrm{due}_i+g)",
    "p_late_weighted": r"\frac{\sum_i\mathrm{open}_i\,p_i}{\sum_i\mathrm{open}_i}",
}


class Definition(NamedTuple):
    """One figure: its name, its formula in words and symbols (LaTeX, may be empty), and what to know about it."""

    group: str
    name: str
    title: str
    formula: str
    note: str
    symbols: str = ""


def definitions(reader: Reader, settings: Settings) -> list[Definition]:
    """All definitions in the order they are shown."""
    return [definition(reader, settings, name) for names in GROUPS.values() for name in names]


def definition(reader: Reader, settings: Settings, name: str) -> Definition:
    """The definition of one figure. Raises StopIteration for a figure that has none."""
    params: dict[str, dict[str, object]] = {
        "bucket": {"text": _buckets(reader, settings)},
        "priority_score": {"text": _score(reader, settings)},
        "dso_simple": {"months": settings.dso_window_months},
        "call_by": {"days": settings.call_lead_days},
        "p_late": {"days": settings.late_grace_days, "late_days": settings.very_late_days},
        "at_risk_rate": {"days": settings.at_risk_days},
    }
    return Definition(
        next(group for group, names in GROUPS.items() if name in names),
        name,
        reader.t(f"metric.{name}"),
        reader.t(f"definition.{name}", **params.get(name, {})),
        reader.t(f"definition.{name}_note", **params.get(name, {})),
        SYMBOLS.get(name, ""),
    )


def help_text(reader: Reader, settings: Settings, name: str) -> str:
    """What the ⓘ beside a figure says: its formula and what to know about it."""
    found = definition(reader, settings, name)
    return f"{plain(found.formula)}  \n{plain(found.note)}"


def as_markdown(reader: Reader, settings: Settings) -> str:
    """Every figure that can be computed by a formula as a table, for the README."""
    head = f"| {reader.t('passport.which')} | {reader.t('passport.formula')} |\n|---|---|\n"
    return head + "".join(
        f"| {each.title} | {each.formula} |\n" for each in definitions(reader, settings) if each.group != "risk"
    )


def matching(all_of_them: list[Definition], text: str) -> list[Definition]:
    """Those that hold the words of `text` anywhere."""
    words = text.casefold().split()
    return [each for each in all_of_them if all(word in " ".join(each[1:5]).casefold() for word in words)]


def _buckets(reader: Reader, settings: Settings) -> str:
    edges = settings.bucket_edges
    late = [f"{low + 1}-{high}" for low, high in pairwise(edges)] + [f"{edges[-1]}+"]
    return " · ".join(bucket_name(reader, bucket) for bucket in ("not_due", *late, "unapplied"))


def _score(reader: Reader, settings: Settings) -> str:
    whole = sum(settings.priority_weights.values())
    parts = [
        f"{percent(reader, weight / whole, 0)} {reader.t(f'definition.component_{name}')}"
        for name, weight in sorted(settings.priority_weights.items(), key=lambda each: -each[1])
        if weight > 0
    ]
    return " + ".join(parts)
