"""Words and tables of a model for the terminal, from its card alone."""

import json
from typing import Any

import pandas as pd

from models.card import Card, stored
from models.card_tables import history
from pipelines.i18n import translate
from pipelines.settings import Settings

TARGETS = ("late", "very_late")
FIGURES = ("auc", "pr_auc", "brier", "ece", "log_loss")


def refusal_lines(card: Card, language: str) -> list[str]:
    """One sentence a target that was refused, or that nothing in the data foretells."""
    lines = []
    for target in TARGETS:
        name = translate(language, f"model.target_{target}")
        item = card.data["refusals"].get(target)
        if item:
            lines.append(translate(language, f"model.{item['code']}", target=name, **_plain(item)))
        elif card.data["heads"]["open"][target]["chosen"] == "prior":
            rate = card.data["base_rate"][target]
            lines.append(translate(language, "model.no_signal", target=name, rate=rate))
    return lines


def comparison(before: Card, after: Card, language: str) -> str:
    """The figures of the serving model beside those of a candidate, each on its own held-back part."""
    rows = [{"": name, before.model_id: a, after.model_id: b} for name, a, b in compared(before, after)]
    return translate(language, "model.compared") + "\n" + pd.DataFrame(rows).round(4).to_string(index=False)


def compared(before: Card, after: Card) -> list[tuple[str, float | None, float | None]]:
    """Head, target and measure with the chosen estimate's figure on either card."""
    lines = []
    for head in ("issue", "open"):
        for target in TARGETS:
            for name in FIGURES:
                figures = _figure(before, head, target, name), _figure(after, head, target, name)
                lines.append((f"{head} {target} {name}", *figures))
    return lines


def cut_table(figures: dict[str, Any]) -> str:
    """One cut as text: a table a target and a line on the dates."""
    parts = [
        f"cut {figures['cut']} = {figures['cut_date']}, known to {figures['known']}, "
        f"train {figures['train_rows']}, test {figures['test_rows']} ({figures['test_customers']} customers)"
    ]
    for target, found in figures["targets"].items():
        parts.append(f"\n{target}: chosen {found['chosen']}" + (f", {found['refused']}" if found["refused"] else ""))
        frame = pd.DataFrame(found["estimators"]).T[["rows", "base_rate", *FIGURES]]
        parts.append(frame.astype("float64").round(4).to_string(na_rep="-"))
    days = {key: round(v, 3) if isinstance(v, float) else v for key, v in figures["days_late"].items()}
    parts.append(f"\ndays late: {days}")
    return "\n".join(parts)


def replay_table(table: pd.DataFrame) -> str:
    """The replay as text, and how often the 80 % interval of the expected date held over all months."""
    if table.empty:
        return "0 months"
    return table.round(4).to_string(index=False, na_rep="-") + f"\n\n{json.dumps(replay_summary(table))}"


def replay_json(table: pd.DataFrame) -> str:
    """The replay as one JSON object: `months` and `summary`."""
    months = json.loads(table.to_json(orient="records"))
    return json.dumps({"months": months, "summary": replay_summary(table)})


def replay_summary(table: pd.DataFrame) -> dict[str, Any]:
    """By head: mean of the monthly figures for late, weighted by rows, and the coverage of the 80 % interval."""
    found: dict[str, Any] = {}
    for head, part in table[table["target"] == "late"].groupby("head"):
        weight = part["rows"] / part["rows"].sum()
        found[str(head)] = {"months": len(part), "rows": int(part["rows"].sum())} | {
            name: float((part[name].astype("float64") * weight).sum())
            for name in ("auc", "brier", "ece", "late_share_auc", "late_share_brier", "mae_days", "coverage")
        }
    return found


def text(settings: Settings, card: Card | None, language: str) -> str:
    """The card in short, the models in store, and the log."""
    if card is None:
        lines = [translate(language, "model.none_serves")]
    else:
        data = card.data
        lines = [
            translate(
                language,
                "model.card_line",
                model_id=card.model_id,
                items=data["items"],
                first=str(data["first_issue"]),
                known=data["known"],
            ),
            *refusal_lines(card, language),
        ]
        for head, parts in data["heads"].items():
            for target, part in parts.items():
                shown = {name: _figure(card, head, target, name) for name in FIGURES}
                figures = ", ".join(f"{name} {value:.4f}" for name, value in shown.items() if value is not None)
                lines.append(f"  {head} {target}: {part['chosen']}, {figures}")
        lines += [
            "  " + translate(language, f"model.{item['code']}", documents=item["documents"])
            for item in data.get("left_out", [])
        ]
        lines += ["  " + translate(language, f"model.{code}") for code in data.get("not_used", [])]
    lines.append(translate(language, "model.stored", models=", ".join(stored(settings)) or "-"))
    return "\n".join([*lines, *_log_lines(history(settings), language)])


def _log_lines(log: pd.DataFrame, language: str) -> list[str]:
    """What was done with the models, when and by whom, newest first."""
    lines = []
    for row in log.to_dict("records"):
        said = [row["at"], translate(language, f"code.action.{row['action']}"), row["model_id"], row["by"]]
        if pd.notna(row["before"]):
            said.append(f"{translate(language, 'heading.before')}: {row['before']}")
        lines.append("  " + " · ".join(str(each) for each in said))
    return lines


def _figure(card: Card, head: str, target: str, name: str) -> float | None:
    test = card.data.get("test")
    if not test:
        return None
    value = test["heads"][head]["targets"][target]["estimators"]["chosen"][name]
    return None if value is None else float(value)


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "code"}
