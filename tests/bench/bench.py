"""Measure each job beside its floor, several times in turn, each in a process of its own: `make bench`.

Prints `job · n · ours · p95 · floor · ratio · cpu ratio · peak MB` and the growth from n / 10 to n, and writes
bench.json. Asserts nothing: absolute times move by 2 × between runs of one machine, so read the ratios.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path

from tests.bench.generate import AS_OF, Ledger, addition_of, ledger_of
from tests.bench.reading import SHAPES, SHEET_ROWS, floor_file

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Measured:
    """One process: its wall time, the processor time of all its threads, and the most memory it held."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Row:
    """One line of the result: medians over the rounds."""

    job: str
    n: int
    floor_name: str
    ours_ms: float
    floor_ms: float
    ratio: float
    peak_mb: float | None
    cpu_ratio: float | None = None  # steadier than the ratio where others use the machine too
    p95_ms: float | None = None


def measure(arguments: list[str], home: Path) -> Measured:
    """Run `python arguments` to its end. Stops the bench with the process's own words when it fails."""
    log = home.parent / "child.log"
    began = time.perf_counter()
    with log.open("w") as output:
        child = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, "FIRSTPAID_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"bench: python {' '.join(arguments)} failed\n{log.read_text()[-4000:]}")
    return Measured(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def inside(arguments: list[str], home: Path) -> Measured:
    """Run a process that measures one job itself and prints its seconds; the memory is that of the whole process."""
    whole = measure(arguments, home)
    told = json.loads((home.parent / "child.log").read_text().splitlines()[-1])
    return replace(whole, seconds=told["seconds"], cpu_seconds=told["cpu_seconds"])


def together(steps: list[Measured]) -> Measured:
    """Steps taken one after the other as one."""
    seconds, cpu, peaks = zip(*map(astuple, steps), strict=True)
    return Measured(sum(seconds), sum(cpu), max(peaks))


def middle(runs: list[Measured]) -> Measured:
    """The median of each measure over the rounds."""
    return Measured(*(statistics.median(values) for values in zip(*map(astuple, runs), strict=True)))


def row_of(job: str, size: int, floor_name: str, ours: list[Measured], floors: list[Measured]) -> Row:
    mine, least = middle(ours), middle(floors)
    ratio, cpu_ratio = mine.seconds / least.seconds, mine.cpu_seconds / least.cpu_seconds
    return Row(job, size, floor_name, mine.seconds * 1e3, least.seconds * 1e3, ratio, mine.peak_mb, cpu_ratio)


def ask(arguments: list[str], home: Path) -> dict[str, dict[str, float]]:
    """Run `python -m tests.bench.<...>`, which prints one JSON object of p50 and p95 by job."""
    answer = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, "FIRSTPAID_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if answer.returncode != 0:
        sys.exit(f"bench: {' '.join(arguments)} failed\n{answer.stderr[-4000:]}")
    timings: dict[str, dict[str, float]] = json.loads(answer.stdout.splitlines()[-1])
    return timings


def load(files: list[Path], home: Path) -> dict[str, Measured]:
    """Import and build through the command line, step by step."""
    return {
        "import": measure(["-m", "pipelines", "import", *map(str, files)], home),
        "build": measure(["-m", "pipelines", "build", "--as-of", AS_OF.isoformat()], home),
    }


def floor(ledger: Ledger, home: Path, where: str) -> Measured:
    """The bare tables of the same two files in DuckDB."""
    home.mkdir()
    database = ":memory:" if where == "memory" else str(home / "bare.duckdb")
    return measure(["-m", "tests.bench.floor", str(ledger.invoices), str(ledger.receipts), database], home)


def rounds(times: int, size: int, ledger: Ledger, scratch: Path) -> tuple[list[Row], Path]:
    """The loading of one ledger beside its floors; also the warehouse of the last round, for the page queries."""
    ours: list[dict[str, Measured]] = []
    floors: dict[str, list[Measured]] = {"file": [], "memory": []}
    home = scratch / "none"
    for number in range(times):
        say(f"import + build of {size:,} invoices, round {number + 1} of {times}")
        home = scratch / f"{size}-{number}" / "home"
        home.parent.mkdir()
        ours.append(load([ledger.invoices, ledger.receipts], home))
        for where, measured in floors.items():
            measured.append(floor(ledger, scratch / f"{size}-{number}" / where, where))
        if number + 1 < times:
            remove(home.parent)
    jobs = {"import + build": ("import", "build"), "import": ("import",), "build": ("build",)}
    rows = [
        row_of(job, size, f"read_csv into {where}", [together([each[step] for step in steps]) for each in ours], bare)
        for job, steps in jobs.items()
        for where, bare in floors.items()
    ]
    return rows, home


def remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def queries(size: int, home: Path) -> list[Row]:
    """The page queries on the published build, beside `select 1` on the same connection."""
    say(f"page queries at {size:,} invoices")
    timings = ask(["tests.bench.pages", "queries"], home)
    bare = timings.pop("select 1")["p50"]
    return [
        Row(f"query: {name}", size, "select 1", took["p50"], bare, took["p50"] / bare, None, None, took["p95"])
        for name, took in timings.items()
    ]


FACTS = {
    "aging": ("aging at one day", "bare scan and sum"),
    "month_ends": ("60 month ends by customer", "one statement by hand"),
}


def facts(times: int, size: int, home: Path) -> list[Row]:
    """Aging from the facts of the published build beside bare statements over the same facts."""
    rows = []
    for job, (name, floor_name) in FACTS.items():
        say(f"{name} at {size:,} invoices")
        taken: dict[str, list[Measured]] = {"ours": [], "floor": []}
        for _ in range(times):
            for side, runs in taken.items():
                runs.append(inside(["-m", "tests.bench.facts", job, side], home))
        rows.append(row_of(name, size, floor_name, taken["ours"], taken["floor"]))
    return rows


def additions(times: int, size: int, folder: Path, home: Path, whole: Row) -> list[Row]:
    """An export of 10,000 more invoices imported and published, beside the whole build of the ledger."""
    taken = []
    for number in range(times):
        say(f"10,000 more invoices to {size:,}, round {number + 1} of {times}")
        measure(["-m", "tests.bench.generate", str(folder), str(size), str(number)], home)
        taken.append(load([addition_of(folder, size, number)], home))
    mine = middle([together(list(each.values())) for each in taken])
    ours_ms = mine.seconds * 1e3
    return [
        Row("import + build, 10,000 more", size, "build", ours_ms, whole.ours_ms, ours_ms / whole.ours_ms, mine.peak_mb)
    ]


def risk(size: int, home: Path) -> list[Row]:
    """The risk model: its features beside five plain running sums, training and scoring beside what they may take."""
    say(f"risk model at {size:,} invoices")
    took = ask(["tests.bench.risk"], home)["risk"]
    jobs = [
        ("risk: features as of issue", size, "five running sums", took["features_s"], took["five_sums_s"]),
        ("risk: train", size, "60 s at 1,000,000", took["train_s"], 60.0),
        ("risk: score 1,000,000", size, "5 s on one thread", took["score_million_s"], 5.0),
    ]
    rows = [Row(job, n, floor, ours * 1e3, bare * 1e3, ours / bare, None) for job, n, floor, ours, bare in jobs]
    cpu_ratio = took["features_cpu_s"] / took["five_sums_cpu_s"]
    return [replace(rows[0], cpu_ratio=cpu_ratio), *rows[1:]]


def pages(size: int, home: Path) -> list[Row]:
    """Every page on the published build, opened first and again, beside a page that shows one line."""
    say(f"pages at {size:,} invoices")
    timings = ask(["tests.bench.pages", "pages"], home)
    bare = timings.pop("empty page")["p50"]
    return [
        Row(f"page: {name}", size, "empty page", took["p50"], bare, took["p50"] / bare, None)
        for name, took in timings.items()
    ]


def overview(scratch: Path) -> list[Row]:
    """The overview answered after its first view, on the sample, beside a page that shows one line."""
    say("overview page on the sample")
    home = scratch / "sample" / "home"
    home.parent.mkdir()
    files = sorted(str(path) for path in (ROOT / "data" / "sample").iterdir() if path.suffix in (".csv", ".xlsx"))
    measure(["-m", "pipelines", "import", *files], home)
    for step in (["pipelines", "build"], ["models", "train"], ["pipelines", "build"]):
        measure(["-m", *step], home)
    timings = ask(["tests.bench.pages", "overview"], home)
    bare = timings.pop("empty page")["p50"]
    return [
        Row(f"page: {name}", 12_000, "empty page", took["p50"], bare, took["p50"] / bare, None, None, took["p95"])
        for name, took in timings.items()
    ]


def reading(times: int, size: int, ledger: Ledger, scratch: Path) -> list[Row]:
    """The import of the same invoices written in each shape, beside the bare read of the same file."""
    say("the shapes of an export")
    folder, rows = ledger.invoices.parent / "shapes", []
    measure(["-m", "tests.bench.reading", "write", str(folder), str(ledger.invoices)], scratch / "none")
    for name, shape in SHAPES.items():
        ours, floors = list[Measured](), list[Measured]()
        for number in range(times):
            home = scratch / f"{name}-{number}" / "home"
            home.parent.mkdir()
            ours.append(measure(["-m", "pipelines", "import", str(folder / name)], home))
            floors.append(measure(["-m", "tests.bench.reading", "floor", str(floor_file(folder / name))], home))
            remove(home.parent)
        mine, cpu, peak = (statistics.median(of(m) for m in ours) for of in (wall, cpu_time, memory))
        least, least_cpu = (statistics.median(of(m) for m in floors) for of in (wall, cpu_time))
        rows_read = min(size, SHEET_ROWS) if name.endswith(".xlsx") else size
        floor_name = f"{'calamine' if name.endswith('.xlsx') else 'read_csv into memory'}, limit {shape.limit:g}"
        rows.append(
            Row(f"import: {name}", rows_read, floor_name, mine * 1e3, least * 1e3, mine / least, peak, cpu / least_cpu)
        )
    return rows


def wall(measured: Measured) -> float:
    return measured.seconds


def cpu_time(measured: Measured) -> float:
    return measured.cpu_seconds


def memory(measured: Measured) -> float:
    return measured.peak_mb


def growth(rows: list[Row]) -> list[str]:
    """How each job grew from the small ledger to the large one; 10 is linear."""
    small, large = sorted({row.n for row in rows})
    before = {row.job: row.ours_ms for row in rows if row.n == small}
    after = {row.job: row.ours_ms for row in rows if row.n == large}
    return [f"{job}: {small:,} → {large:,} invoices × {ours_ms / before[job]:.1f}" for job, ours_ms in after.items()]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def show_heading() -> None:
    names = f"{'ours ms':>10} {'p95':>8} {'floor ms':>10} {'ratio':>7} {'cpu':>7} {'peak MB':>8}"
    print(f"{'job':<41} {'n':>11} {names}  floor")


def show(rows: list[Row]) -> None:
    for row in rows:
        p95 = "" if row.p95_ms is None else f"{row.p95_ms:.1f}"
        peak = "" if row.peak_mb is None else f"{row.peak_mb:.0f}"
        cpu = "" if row.cpu_ratio is None else f"{row.cpu_ratio:.2f}"
        print(
            f"{row.job:<41} {row.n:>11,} {row.ours_ms:>10.1f} {p95:>8} {row.floor_ms:>10.2f} {row.ratio:>7.2f} "
            f"{cpu:>7} {peak:>8}  {row.floor_name}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--size", type=int, default=1_000_000, help="invoices of the large ledger")
    parser.add_argument("--rounds", type=int, help="how often each job runs: 5, or 3 above a million invoices")
    parser.add_argument("--folder", type=Path, help="where the ledgers are kept for the next time")
    options = parser.parse_args()
    times = options.rounds or (5 if options.size <= 1_000_000 else 3)
    with tempfile.TemporaryDirectory(prefix="firstpaid-bench-") as scratch:
        folder = options.folder or Path(scratch)
        rows: list[Row] = []
        show_heading()
        for size in (options.size // 10, options.size):
            say(f"writing a ledger of {size:,} invoices")
            # In a process of its own: a child's peak memory is never counted below what its parent held.
            measure(["-m", "tests.bench.generate", str(folder), str(size)], Path(scratch) / "none")
            loaded, home = rounds(times, size, ledger_of(folder, size), Path(scratch))
            show(loaded)
            asked = queries(size, home)
            show(asked)
            opened = pages(size, home)
            show(opened)
            aged = facts(times, size, home)
            show(aged)
            learnt = risk(size, home)
            show(learnt)
            added = additions(times, size, folder, home, next(row for row in loaded if row.job == "build"))
            show(added)
            rows += loaded + asked + opened + aged + learnt + added
            remove(home.parent)
        lines = growth(rows)
        shapes = reading(times, options.size, ledger_of(folder, options.size), Path(scratch))
        show(shapes)
        rows += shapes
        seen = overview(Path(scratch))
        show(seen)
        rows += seen
    print("\ngrowth (× 10 is linear)", *lines, sep="\n")
    result = {"rounds": times, "rows": [asdict(row) for row in rows], "growth": lines}
    (ROOT / "bench.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    say("written: bench.json")


if __name__ == "__main__":
    main()
