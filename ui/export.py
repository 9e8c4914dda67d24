"""Tables as files: CSV for any tool, XLSX for Excel. A cell never becomes a formula."""

import io

import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, which Excel needs to read Chinese; text that would start a formula is quoted."""
    safe = frame.rename(columns=_as_text)
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]) and not pd.api.types.is_datetime64_any_dtype(safe[column]):
            safe[column] = safe[column].map(_as_text)
    return safe.to_csv(index=False, date_format="%Y-%m-%d").encode("utf-8-sig")


def xlsx_bytes(frame: pd.DataFrame, sheet: str) -> bytes:
    """One sheet with a frozen header, dates as dates and amounts as numbers."""
    buffer = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    with pd.ExcelWriter(
        buffer,
        engine="xlsxwriter",
        date_format="yyyy-mm-dd",
        datetime_format="yyyy-mm-dd",
        engine_kwargs={"options": options},
    ) as writer:
        frame.to_excel(writer, sheet_name=sheet[:31], index=False)
        page = writer.sheets[sheet[:31]]
        page.freeze_panes(1, 0)
        for i, column in enumerate(frame.columns):
            longest = frame[column].astype(str).str.len().clip(upper=40).max() if len(frame) else 0
            money = writer.book.add_format({"num_format": "#,##0.00"})
            is_amount = pd.api.types.is_float_dtype(frame[column])
            page.set_column(i, i, max(longest, len(str(column)) * 1.6, 10) + 2, money if is_amount else None)
    return buffer.getvalue()


def _as_text(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
