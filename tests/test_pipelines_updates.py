"""A build that goes on from the one before is the same as one made from scratch, row by row."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines import publish, updates
from pipelines.settings import Settings
from tests.oracle_builds import store, store_ledger, unscored
from tests.oracle_documents import Ledger, Row
from tests.test_oracle import EXAMPLES, as_of_days, examples, several

# Customers and accounts without a figure any more keep their keys until the next whole build.
NAMES = ("int_accounts", "int_account_scopes", "int_scopes", "int_desk_names", "int_payer_care")
# Keys are a build's own affair.
OWN = ("customer_key", "account_key", "item_key", "instalment_key", "line_key", "desk_key", "scope_key")


@pytest.fixture(scope="module", autouse=True)
def _any_book_may_go_on() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(updates, "LEAST_ROWS", 0)
        patch.setattr(updates, "MOST_TOUCHED", 1)
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("updates") / "warehouse"


def tables_of(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The tables and views that readers use, with the columns that mean the same in every build."""
    found: dict[str, list[str]] = {}
    for table, column, kind in con.execute(
        "select table_name, column_name, data_type from duckdb_columns() where database_name = current_database() "
        "and not internal and (table_name similar to '(fct|dim|int)_.*' or table_name in ('imports', 'rejected_rows'))"
    ).fetchall():
        if column not in OWN and table not in NAMES:
            # Doubles are sums in no fixed order.
            found.setdefault(table, []).append(f"round({column}, 6)" if kind == "DOUBLE" else column)
    return found


def assert_same_build(one: Path, other: Path) -> None:
    with duckdb.connect(str(one), read_only=True) as con:
        con.execute(f"attach '{other}' as other (read_only)")
        (name,) = con.execute("select current_database()").fetchall()[0]
        found = tables_of(con)
        assert len(found) > 40
        for table, columns in found.items():
            of = {where: f'select {", ".join(columns)} from "{where}".{table}' for where in (name, "other")}
            for here, there in ((name, "other"), ("other", name)):
                extra = con.execute(f"{of[here]} except all {of[there]} limit 5").fetchall()
                assert not extra, f"{table}: only in {here}: {columns} {extra}"


def with_habits_of(path: Path) -> Callable[..., str]:
    """What all customers do together, as an earlier build found it."""

    def copy(con: duckdb.DuckDBPyConnection, as_of: dt.date, settings: Settings) -> str:
        con.execute(f"attach '{path}' as earlier (read_only)")
        con.execute("create table int_pay_hazards as from earlier.int_pay_hazards")
        con.execute("detach earlier")
        return ""

    return copy


def update_and_compare(settings: Settings, as_of: dt.date) -> publish.BuildInfo:
    """Go on from the published build, then build from scratch: the same."""
    made: dict[str, Any] = {"fct_late_risk": unscored}
    info = publish.build(settings, as_of=as_of, made=made)
    updated = publish.current(settings)
    assert updated is not None
    made["int_pay_hazards"] = with_habits_of(updated)
    publish.build(settings, as_of=as_of, made=made, whole=True)
    whole = publish.current(settings)
    assert whole is not None
    assert_same_build(updated, whole)
    return info


def changed(row: Row, random: Random) -> Row:
    """A row as a later export might hold it."""
    return row | {"amount": row["amount"] * random.choice([Decimal(1), Decimal("0.5"), Decimal(2)])}


@examples(EXAMPLES)
@given(ledger=several(), as_of=as_of_days(), random=st.randoms(use_true_random=False))
def test_going_on_gives_what_a_whole_build_gives(home: Path, ledger: Ledger, as_of: dt.date, random: Random) -> None:
    settings = Settings(home=home)
    rows = {kind: list(getattr(ledger, kind)) for kind in ("invoices", "receipts", "customers")}
    late = {kind: random.sample(found, random.randint(0, len(found) // 2)) for kind, found in rows.items()}
    first = {kind: [row for row in found if row not in late[kind]] or found for kind, found in rows.items()}
    store_ledger(home, Ledger(**first, fx_rates=ledger.fx_rates))
    try:
        publish.build(settings, as_of=as_of, made={"fct_late_risk": unscored})
    except publish.NoDocuments:
        return
    again = [changed(row, random) for row in random.sample(first["invoices"], min(2, len(first["invoices"])))]
    for number, (kind, found) in enumerate({**late, "invoices": [*late["invoices"], *again]}.items(), start=30):
        store(home, kind, found, number)
    info = update_and_compare(settings, as_of)
    # A document older than any before makes the history longer.
    assume(info.based_on)
