"""Names and colours of aging buckets, whatever edges are configured."""

from collections.abc import Sequence

from ui.i18n import Reader

NOT_DUE, UNAPPLIED = "not_due", "unapplied"
NOT_DUE_COLOUR, UNAPPLIED_COLOUR, TOTAL_COLOUR = "#4C8DDA", "#2FA58E", "#8A94A6"
# From a first reminder to a case for the lawyer; middle tones, so that they read on white and on near-black.
OVERDUE_COLOURS = ("#F2C14E", "#F29E4C", "#EC7A49", "#DD5550", "#C43C5E", "#A43A78")


def bucket_name(reader: Reader, bucket: str) -> str:
    """The bucket in words: `1-30` is "1–30 days"."""
    if bucket in (NOT_DUE, UNAPPLIED):
        return reader.t(f"bucket.{bucket}")
    if bucket.endswith("+"):
        return reader.t("bucket.over", text=bucket[:-1])
    return reader.t("bucket.range", text=bucket.replace("-", "–"))


def bucket_colours(buckets: Sequence[str]) -> dict[str, str]:
    """A colour for each bucket, in order of age: blue is not due, amber to plum is ever later, green is unapplied."""
    late = [bucket for bucket in buckets if bucket not in (NOT_DUE, UNAPPLIED)]
    last = len(OVERDUE_COLOURS) - 1
    colours = {bucket: OVERDUE_COLOURS[round(i * last / max(len(late) - 1, 1))] for i, bucket in enumerate(late)}
    return {NOT_DUE: NOT_DUE_COLOUR, UNAPPLIED: UNAPPLIED_COLOUR} | colours


def faded(colour: str, share: float) -> str:
    """`colour` (#rrggbb) let through by `share` of 1, so that the page's own background shows behind it."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share:.3f})"
