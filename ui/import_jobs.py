"""Loading and building from the import page: starting the work, watching it, saying how it ended."""

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pipelines.importing.imports import ImportReport
from pipelines.reporting import queries_imports
from ui import import_files, import_parts, jobs, navigation
from ui.formats import number, plain
from ui.import_typed import ARGUMENTS, options_of
from ui.session import View

SAMPLE = jobs.ROOT / "data" / "sample"
BUILD = ("pipelines", "build", "--wait", "--json", "--progress")
TRAIN = ("models", "train", "--json")
PHASES = ("read", "convert", "store")  # what an import says it is doing


def load(view: View, files: Sequence[tuple[Path, dict[str, Any]]]) -> None:
    """Import the files with what the person said about each, then build."""
    start(view, [*(_import_step(path, said) for path, said in files), BUILD])


def build(view: View, after: str = "") -> None:
    """Build from the imports that are in force; `after` says what was done that asks for it."""
    start(view, [BUILD], after)


def build_known(view: View, at: dt.datetime, as_of: dt.date | None) -> None:
    """Build from what was known at a moment (UTC), as of a day where one is given."""
    start(view, [(*BUILD, "--known-at", at.isoformat(), *(("--as-of", as_of.isoformat()) if as_of else ()))])


def of_other_version(view: View, page: str) -> None:
    """Say above a page that another version made the figures, what that means, and where to make them anew."""
    t, is_office = view.reader.t, view.who.role in navigation.OFFICE
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f":orange[:material/update:] {t('app.build_foreign' if is_office else 'app.build_foreign_ask')}")
        if is_office and page != "imports":  # that page has the button itself
            navigation.link("imports", t("nav.imports"), ":material/arrow_forward:")


def offer_build(view: View, text: str) -> None:
    """Say that something takes effect with the next build, and offer to build now."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f":orange[:material/update:] {text}")
        st.button(
            view.reader.t("imports.build"), type="primary", icon=":material/refresh:", on_click=build, args=(view,),
            key="build", disabled=is_running(),
        )  # fmt: skip


def is_running() -> bool:
    """Whether this session has started work that has not ended."""
    job = st.session_state.get("import_job")
    return job is not None and not job.done


def running(view: View) -> None:
    """What this session's work is doing, or how it ended."""
    job = st.session_state.get("import_job")
    if job is None:
        return
    if not job.done:
        _watch(view, job)
        return
    _outcome(view, job)


def unbuilt(view: View, past: Sequence[ImportReport]) -> None:
    """Offer to build; and say so when the figures do not stem from just the imports in force."""
    in_force = {report.import_id for report in past if not report.retracted_at}
    built = set() if view.build is None else set(view.ask_build(queries_imports.imports)["import_id"])
    t = view.reader.t
    if not in_force:
        if built:
            st.warning(t("imports.all_retracted"), icon=":material/undo:")
        return
    if in_force == built:
        st.button(
            t("imports.rebuild"), icon=":material/refresh:", on_click=build, args=(view,), key="build", type="tertiary"
        )
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(
            ":orange[:material/update:] "
            + t("imports.unbuilt", added=len(in_force - built), gone=len(built - in_force))
        )
        st.button(
            t("imports.build"), type="primary", icon=":material/refresh:", on_click=build, args=(view,), key="build"
        )


def offer_sample(view: View) -> None:
    """For whoever has no export at hand: the sample with one click."""
    files = sorted(path for path in SAMPLE.glob("*") if path.suffix in (".csv", ".xlsx")) if SAMPLE.is_dir() else []
    if not files:
        return
    t = view.reader.t
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f":material/science: {t('imports.sample')}")
        st.button(t("imports.load_sample"), on_click=_load_sample, args=(view, files), key="load_sample")


def _load_sample(view: View, files: list[Path]) -> None:
    steps = [_import_step(path, {}) for path in files]
    start(view, [*steps, BUILD, TRAIN, BUILD])


def _import_step(path: Path, said: dict[str, Any]) -> tuple[str, ...]:
    """The command for one file; what the person said beyond kind, source and date goes beside it as a mapping file."""
    arguments = ["pipelines", "import", str(path), "--json", "--progress"]
    for name in ARGUMENTS:
        if said.get(name):
            arguments += [f"--{name.replace('_', '-')}", str(said[name])]
    mapping = options_of(said)
    if mapping:
        beside = path.with_name(f"{path.name}.mapping.json")
        beside.write_text(json.dumps(mapping, ensure_ascii=False), encoding="utf-8")
        arguments += ["--mapping", str(beside)]
    return tuple(arguments)


def start(view: View, steps: Sequence[tuple[str, ...]], after: str = "") -> None:
    """Run commands one after the other; the pages show how far they are, and at the end `after` and what came of it."""
    job = jobs.start(steps, view.reader.language, after)
    st.session_state["import_job"] = import_files.held().job = job


@st.fragment(run_every=0.5)
def _watch(view: View, job: jobs.Job) -> None:
    t = view.reader.t
    if job.done:
        st.rerun()
    with st.container(border=True):
        st.progress(job.share, text=_doing(view, job))
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.caption(t("imports.stay"))
            st.button(
                t("imports.stop"), on_click=jobs.stop, args=(job,), icon=":material/stop:", key="stop_job",
                disabled=job.stopped,
            )  # fmt: skip


def _doing(view: View, job: jobs.Job) -> str:
    """The step in words: which of how many, and how far it says it is."""
    module, command, *rest = job.steps[job.step]
    t, (done, total) = view.reader.t, job.done_of
    parts = [t("imports.step", step=job.step + 1, steps=len(job.steps))]
    if command == "import":
        parts.append(t("imports.doing_import", name=Path(rest[0]).name))
        parts += [t(f"imports.phase_{job.doing}")] if job.doing in PHASES else []
    else:
        parts.append(t("imports.doing_train" if module == "models" else "imports.doing_build"))
        parts += [f"{number(view.reader, done)}/{number(view.reader, total)}"] if total else []
    if job.stopped:
        parts.append(t("imports.stopping"))
    return plain(" · ".join(parts))


def _outcome(view: View, job: jobs.Job) -> None:
    t = view.reader.t
    lines = [*filter(None, [job.after]), *(line for result in job.results for line in _lines(view, result))]
    if job.stopped:
        text = "  \n".join([*lines, t("imports.stopped_after" if lines else "imports.stopped_text")])
        st.warning(text, title=t("imports.stopped"), icon=":material/stop_circle:")
    elif job.error:
        st.error("  \n".join([*lines, plain(job.error)]), title=t("imports.failed"), icon=":material/error:")
    else:
        st.success("  \n".join(lines), title=t("imports.finished"), icon=":material/check_circle:")
    _open_report(job)
    _warnings(view, job)
    with st.container(horizontal=True, vertical_alignment="center"):
        if not job.error and not job.stopped:
            navigation.link("overview", t("imports.to_overview"), icon=":material/arrow_forward:")
        if job.stopped and not job.is_complete:
            st.button(
                t("imports.start_again"), type="primary", icon=":material/replay:", on_click=start,
                args=(view, job.steps[job.step :], job.after), key="start_again",
            )  # fmt: skip
        st.button(t("imports.close"), on_click=_forget, type="tertiary", key="close_job")


def _open_report(job: jobs.Job) -> None:
    """Show the report of the last file loaded, once, as soon as the work has ended."""
    loaded = [report["import_id"] for result in job.results for report in result.get("imports", [])]
    if loaded and st.session_state.get("import_reported") != loaded:
        st.session_state["import_reported"] = loaded
        st.session_state["import_shown"] = loaded[-1]


def _warnings(view: View, job: jobs.Job) -> None:
    """What is to be looked at in the files loaded whose report is not open below."""
    reports = [report for result in job.results for report in result.get("imports", [])]
    for report in reports:
        if report["import_id"] != st.session_state.get("import_shown"):
            import_parts.warnings(view.reader, report["notes"], name=report["file_name"])


def _lines(view: View, result: dict[str, Any]) -> list[str]:
    """What one finished command said, in words."""
    t = view.reader.t
    lines = [
        t(
            "imports.loaded_again" if report["already_imported"] else "imports.loaded",
            name=plain(report["file_name"]),
            read=report["rows_read"],
            accepted=report["rows_accepted"],
            rejected=report["rows_rejected"],
        )
        for report in result.get("imports", [])
    ]
    if "build_id" in result:
        lines.append(t("imports.built", date=plain(result["as_of"]), seconds=result["seconds"]))
    if "card" in result:
        lines.append(t("imports.trained", model_id=plain(result["model_id"]), items=result["card"]["items"]))
    return lines


def _forget() -> None:
    st.session_state.pop("import_job", None)
    import_files.held().job = None
