"""Every SQL file: one table with its grain said, no clock, and words that Spark and PostgreSQL understand too."""

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(path for folder in ("pipelines", "models") for path in (ROOT / folder / "sql").rglob("*.sql"))
CLOCK = re.compile(
    r"\b(current_date|current_time|current_timestamp|localtime|localtimestamp|now|today|get_current_\w+)\b"
)
PREFIXES = {
    "staging": ("stg_", "ref_"),
    "intermediate": ("int_",),
    "marts": ("dim_", "fct_", "imports", "import_totals", "rejected_rows"),
}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))


def without_comments(text: str) -> str:
    return re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL).lower()


def parsed(path: Path) -> exp.Expression:
    statements = sqlglot.parse(path.read_text(encoding="utf-8"), read="duckdb")
    assert len(statements) == 1 and statements[0] is not None, "one file holds one statement"
    return statements[0]


def not_portable(tree: exp.Expression) -> list[str]:
    """Constructs of one engine only, found in the parsed statement."""
    offences = []
    for node in tree.walk():
        if isinstance(node, exp.Group) and node.args.get("all"):
            offences.append("group by all")
        if isinstance(node, exp.Qualify):
            offences.append("qualify")
        if isinstance(node, exp.Join) and str(node.args.get("method")).upper() == "ASOF":
            offences.append("asof join")
        if isinstance(node, exp.Star) and (node.args.get("except_") or node.args.get("except")):
            offences.append("select * exclude")
        if isinstance(node, exp.Star) and (node.args.get("replace") or node.args.get("rename")):
            offences.append("select * replace")
        if isinstance(node, exp.Lambda):
            offences.append("lambda")
        if isinstance(node, exp.Unnest | exp.Explode) and any(
            isinstance(inner, exp.GenerateSeries) for inner in node.walk()
        ):
            offences.append("unnest(generate_series)")
        if isinstance(node, exp.In) and isinstance(node.args.get("query"), exp.Subquery):
            offences += [
                "a row value selected in `in (select (a, b) ...)`"
                for column in node.args["query"].this.expressions
                if isinstance(column, exp.Tuple)
            ]
    return offences


def test_there_are_tables_to_check() -> None:
    folders = {path.parent.name for path in FILES}
    assert {"staging", "intermediate", "marts", "checks"} <= folders


def test_no_two_files_make_the_same_table() -> None:
    names = [path.stem for path in FILES]
    assert len(names) == len(set(names))


@each_file
def test_no_clock(path: Path) -> None:
    assert not CLOCK.findall(without_comments(path.read_text(encoding="utf-8")))


@each_file
def test_says_its_grain_first_and_makes_the_table_it_is_named_after(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.parent.name == "checks":
        assert re.match(r"-- [A-Z].+", text), "the first comment states what a row that should not be there is"
    else:
        assert re.match(r"-- (Grain: \w|One row( per|:) \w)", text), "the first comment states what one row is"
    tree = parsed(path)
    if isinstance(tree, exp.Create):
        assert tree.this.find(exp.Table).name == path.stem
    else:
        assert isinstance(tree, exp.Query), "a file selects the rows of its table"
    assert path.stem.startswith(PREFIXES.get(path.parent.name, ("",)))


@each_file
def test_stays_in_the_portable_subset(path: Path) -> None:
    tree = parsed(path)
    assert not_portable(tree) == []
    for engine in ("spark", "postgres"):
        tree.sql(dialect=engine, unsupported_level=sqlglot.ErrorLevel.RAISE)


@pytest.mark.parametrize(
    "statement",
    [
        "select a, sum(b) from t group by all",
        "select a from t qualify row_number() over (order by a) = 1",
        "select * from t asof join u on t.a = u.a and t.d >= u.d",
        "select * exclude (a) from t",
        "select list_transform(a, lambda x: x + 1) from t",
        "select unnest(generate_series(1, 3))",
        "select * from unnest(generate_series(1, 3))",
        "select 1 from t where (a, b) in (select (a, b) from u)",
    ],
)
def test_the_deny_list_sees_what_it_denies(statement: str) -> None:
    assert not_portable(sqlglot.parse_one(statement, read="duckdb"))
