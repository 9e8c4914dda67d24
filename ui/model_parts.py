"""The parts of the model card page: what was learned, how well it does on later outcomes, and which model serves."""

import json
from typing import Any

import pandas as pd
import streamlit as st

from models import card as cards
from models import card_tables
from models.card import Card
from models.report import FIGURES, compared, refusal_lines
from ui import import_jobs, model_charts, page
from ui.charts import CONFIG
from ui.formats import DASH, missing, money, number, percent, plain
from ui.i18n import Reader
from ui.session import View
from ui.tables import table, words

HEADS, TARGETS = ("issue", "open"), ("late", "very_late")
ESTIMATORS = words("estimator rows auc pr_auc brier ece log_loss")
SEGMENTS = words("segment level rows share_late p_mean brier auc")
LOG = words("at by action model_id before")


def headline(view: View, card: Card) -> None:
    """Which model it is, what it learned from, what it refuses, and what was left out."""
    reader, t, data = view.reader, view.reader.t, card.data
    st.caption(
        t(
            "model_card.learned",
            model_id=card.model_id,
            items=data["items"],
            customers=data.get("customers", 0),
            first=data.get("first_issue") or DASH,
            known=data["known"],
        )
    )
    if view.build is not None and view.build.model_id != card.model_id and cards.unusable(view.settings) is None:
        st.caption(f":orange[:material/update:] {t('model_card.not_in_build')}")
    for line in refusal_lines(card, reader.language):
        st.warning(plain(line), icon=":material/do_not_disturb_on:")


def figures(view: View, card: Card) -> None:
    """Everything measured on the newest quarter, by a model that had not seen it."""
    reader, t = view.reader, view.reader.t
    test = card.data.get("test")
    if not test:
        page.nothing_here(t("model_card.no_test"))
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        head = st.segmented_control(
            t("model_card.question"), HEADS, default="open", required=True, key="model_head",
            format_func=lambda each: t(f"model_card.head_{each}"),
        )  # fmt: skip
        target = st.segmented_control(
            t("model_card.outcome"), TARGETS, default="late", required=True, key="model_target",
            format_func=lambda each: t(f"model_card.target_{each}"),
        )  # fmt: skip
    part = test["heads"][head or "open"]
    found = part["targets"][target or "late"]
    st.caption(t("model_card.tested", date=test["cut_date"], rows=found["rows"], train=test["train_rows"]))
    if found.get("refused") or missing(found["estimators"]["chosen"]["brier"]):
        page.nothing_here(t("model_card.refused"))
        return
    _cards(reader, found, part["days_late"])
    pair = st.grid(2, min_column_width=page.HALF)
    with pair.container(border=True, height="stretch"):
        st.subheader(t("model_card.calibration"), anchor=False)
        st.caption(t("model_card.calibration_note"))
        figure = model_charts.calibration(reader, found["calibration"])
        st.plotly_chart(figure, key="calibration", config=CONFIG, alt=t("model_card.calibration"))
    with pair.container(border=True, height="stretch"):
        st.subheader(t("model_card.lift"), anchor=False)
        st.caption(t("model_card.lift_note", share=found["lift"][0]["share_of_money"]) if found["lift"] else "")
        st.plotly_chart(model_charts.lift(reader, found["lift"]), key="lift", config=CONFIG, alt=t("model_card.lift"))
    with st.container(border=True):
        st.subheader(t("model_card.importance"), anchor=False)
        st.caption(t("model_card.importance_note"))
        figure = model_charts.importance(reader, found["importance"])
        st.plotly_chart(figure, key="importance", config=CONFIG, alt=t("model_card.importance"))
    # As wide as the page: four measures with their intervals do not fit in half of it.
    with st.container(border=True):
        st.subheader(t("model_card.estimators"), anchor=False)
        serves = t("model_card.served_by", name=t("code.estimator." + found["chosen"]))
        st.caption(f"{t('model_card.estimators_note')} {serves}")
        _estimators(reader, found)
    if found["segments"]:
        with st.expander(t("model_card.segments")):
            rows = pd.DataFrame(found["segments"])
            table(reader, rows, SEGMENTS, key="segments", alt=t("model_card.segments"), file_name="segments")
    with st.expander(t("model_card.left_out")):
        _left_out(view, card)


def care(view: View, serving: Card | None) -> None:
    """Train a candidate, compare it with the serving model, and let a person decide which one serves."""
    t = view.reader.t
    with st.container(border=True):
        st.subheader(t("model_card.care"), anchor=False)
        st.write(t("model_card.care_text"))
        others = [each for each in reversed(cards.stored(view.settings)) if not serving or each != serving.model_id]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.button(
                t("model_card.train"), icon=":material/model_training:", on_click=_train, args=(view,), key="train"
            )
            if serving is not None:
                st.download_button(
                    t("model_card.download"),
                    data=lambda: json.dumps(serving.data, ensure_ascii=False, indent=1).encode(),
                    file_name=f"model-card-{serving.model_id}.json",
                    icon=":material/download:",
                    on_click="ignore",
                    key="download_card",
                )
        if not others:
            return
        chosen = st.selectbox(t("model_card.other"), others, key="model_other", width=360)
        candidate = cards.read_card(cards.card_path(view.settings, chosen))
        if serving is not None:
            _comparison(view.reader, serving, candidate)
        st.button(
            t("model_card.serve", model_id=chosen), on_click=_serve, args=(view, chosen), key="serve", type="primary"
        )


def log(view: View) -> None:
    """Who trained, kept and rolled back which model, and when."""
    entries = card_tables.history(view.settings)
    if len(entries):
        with st.expander(view.reader.t("model_card.log")):
            table(
                view.reader, entries, LOG, key="model_log", alt=view.reader.t("model_card.log"), file_name="model-log"
            )


def _cards(reader: Reader, found: dict[str, Any], days_late: dict[str, Any]) -> None:
    """The headline measures of the chosen estimator, each beside the customer's own late share."""
    t = reader.t
    chosen, baseline = found["estimators"]["chosen"], found["estimators"].get("late_share", {})
    with st.grid(4, min_column_width=190, gap="small"):
        st.metric(t("model_card.base_rate"), percent(reader, found["base_rate"]), border=True, height="stretch")
        for name in ("auc", "brier", "ece"):
            st.metric(
                t(f"model_card.{name}"),
                number(reader, chosen[name], 3),
                border=True,
                height="stretch",
                help=t(f"model_card.{name}_help"),
                delta=t("model_card.against", text=number(reader, baseline.get(name), 3)),
                delta_color="off",
                delta_arrow="off",
            )
    if days_late.get("rows"):
        st.caption(
            t(
                "model_card.days_late",
                text=number(reader, days_late["mae"], 1),
                share_three=days_late["within_3"],
                share_seven=days_late["within_7"],
                share_band=days_late["coverage"],
            )
        )


def _estimators(reader: Reader, found: dict[str, Any]) -> None:
    """Every estimator with its measures and, where known, their 90 % intervals by customer."""
    rows = []
    for name, measured in found["estimators"].items():
        row: dict[str, Any] = {"estimator": name, "rows": measured["rows"]}
        for figure in FIGURES:
            low_high = (measured.get("interval") or {}).get(figure)
            text = DASH if missing(measured[figure]) else number(reader, measured[figure], 3)
            row[figure] = text if not low_high else f"{text}  ({'–'.join(number(reader, v, 3) for v in low_high)})"
        rows.append(row)
    table(reader, pd.DataFrame(rows), ESTIMATORS, key="estimators", alt=reader.t("model_card.estimators"))


def _left_out(view: View, card: Card) -> None:
    reader, t = view.reader, view.reader.t
    lines = []
    for item in card.data.get("left_out", []):
        documents, amount = number(reader, item["documents"]), plain(money(reader, float(item["amount_base"])))
        lines.append(f"- {t('model_card.' + item['code'])}: {documents} · {amount}")
    lines += [f"- {t('model.' + code)}" for code in card.data.get("not_used", [])]
    st.markdown("\n".join(lines) or t("model_card.nothing_left_out"))
    settings = card.data["settings"]
    st.caption(
        t(
            "model_card.settings",
            grace=settings["late_grace_days"],
            very_late=settings["very_late_days"],
            country=settings["country"],
        )
    )
    versions = " · ".join(f"{name} {text}" for name, text in card.data.get("versions", {}).items())
    st.caption(plain(t("model_card.made_with", build=card.data["build_id"], versions=versions)))


def _comparison(reader: Reader, before: Card, after: Card) -> None:
    """The serving model beside the candidate, each on the newest quarter of its own data."""
    rows = []
    for line, old, new in compared(before, after):
        head, target, name = line.split(" ")
        if name in ("auc", "brier", "ece") and not (missing(old) and missing(new)):
            what = f"{reader.t(f'model_card.head_{head}')} · {reader.t(f'model_card.target_{target}')}"
            figures = (number(reader, old, 4), number(reader, new, 4))
            rows.append(
                {"question": what, "figure": reader.t(f"model_card.{name}"), "serving": figures[0], "other": figures[1]}
            )
    if rows:
        columns = words("question figure serving other")
        table(reader, pd.DataFrame(rows), columns, key="model_compare", alt=reader.t("model_card.care"))


def _train(view: View) -> None:
    import_jobs.start(view, [import_jobs.TRAIN])


def _serve(view: View, model_id: str) -> None:
    import_jobs.start(view, [("models", "keep", model_id), import_jobs.BUILD])
