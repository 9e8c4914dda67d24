"""Names and colours of aging buckets, whatever edges are configured."""

from collections.abc import Iterable, Sequence

from ui.i18n import Reader

NOT_DUE, UNAPPLIED, UNAGED = "not_due", "unapplied", "unaged"  # unaged: of a summary that gives balances alone
NOT_DUE_COLOUR, UNAPPLIED_COLOUR, TOTAL_COLOUR = "#4C8DDA", "#2FA58E", "#8A94A6"
NAMED = {NOT_DUE: NOT_DUE_COLOUR, UNAPPLIED: UNAPPLIED_COLOUR, UNAGED: TOTAL_COLOUR}  # buckets that are no days
# From a first reminder to a case for the lawyer; middle tones, so that they read on white and on near-black.
OVERDUE_COLOURS = ("#F2C14E", "#F29E4C", "#EC7A49", "#DD5550", "#A43A78")
DUE = "due_"  # begins the groups of what is not yet due
ON_DARK = 0.68  # of the strength on a white page
FAINTEST_GROUP = 0.45  # how much of the colour the group furthest ahead keeps
DAYS_TO_LAST = 120  # days past due at which the last colour is reached


def bucket_name(reader: Reader, bucket: str) -> str:
    """The bucket in words: `1-30` is "1–30 days"."""
    if bucket in NAMED:
        return reader.t(f"bucket.{bucket}")
    if bucket.startswith(DUE):
        return _group_name(reader, bucket.removeprefix(DUE))
    if bucket.endswith("+"):
        return reader.t("bucket.over", text=bucket[:-1])
    return reader.t("bucket.range", text=bucket.replace("-", "–"))


def bucket_label(reader: Reader, bucket: str) -> str:
    """The bucket in words for a chart, broken so that names stand upright side by side."""
    first, *rest = bucket_name(reader, bucket).split(" ")
    if bucket.startswith(DUE) and len(rest) > 1:
        return "<br>".join([f"{first} {rest[0]}", *rest[1:]])
    return "<br>".join([first, " ".join(rest)]) if rest else first


def bucket_colours(buckets: Sequence[str]) -> dict[str, str]:
    """A colour for each bucket: blue is not due, amber to plum is ever later, green is unapplied.

    It goes by the bucket's own days, so that a bucket has the same colour whichever others stand beside it.
    """
    late = {bucket: _overdue_colour(_first_day(bucket)) for bucket in buckets if is_late(bucket)}
    soonest_first = sorted((each for each in buckets if each.startswith(DUE)), key=_days_ahead)
    step = (1 - FAINTEST_GROUP) / max(len(soonest_first) - 1, 1)
    groups = {group: _paler(NOT_DUE_COLOUR, 1 - step * place) for place, group in enumerate(soonest_first)}
    return NAMED | late | groups


def is_late(bucket: str) -> bool:
    """Whether a bucket holds what is past due."""
    return bucket not in NAMED and not bucket.startswith(DUE)


def whole_bucket(bucket: str) -> str:
    """The bucket that a group of what is not yet due belongs to; another bucket is itself."""
    return NOT_DUE if bucket.startswith(DUE) else bucket


def _group_name(reader: Reader, days: str) -> str:
    """`0` is due today, `1-30` within so many days, `90+` later than that."""
    if days == "0":
        return reader.t("bucket.due_today")
    if days.endswith("+"):
        return reader.t("bucket.due_later", text=days[:-1])
    return reader.t("bucket.due_in", text=days.replace("-", "–"))


def _days_ahead(group: str) -> int:
    """The first day of a group: 0 of `due_0`, 31 of `due_31-60`, 91 of `due_90+`."""
    days = group.removeprefix(DUE)
    return 0 if days == "0" else _first_day(days)


def _paler(colour: str, share: float) -> str:
    """`colour` mixed with white, of which it keeps `share`."""
    return _hex(round(255 - (255 - channel) * share) for channel in _channels(colour))


def _first_day(bucket: str) -> int:
    """The first day past due of a bucket: 31 of `31-60`, 121 of `120+`."""
    return int(bucket[:-1]) + 1 if bucket.endswith("+") else int(bucket.split("-")[0])


def _overdue_colour(days: int) -> str:
    """The colour of so many days past due, between the two nearest of the scale."""
    place = min(max(days - 1, 0) / DAYS_TO_LAST, 1.0) * (len(OVERDUE_COLOURS) - 1)
    low = min(int(place), len(OVERDUE_COLOURS) - 2)
    before, after = (_channels(OVERDUE_COLOURS[low + step]) for step in (0, 1))
    return _hex(round(a + (b - a) * (place - low)) for a, b in zip(before, after, strict=True))


def _hex(channels: Iterable[int]) -> str:
    return "#" + "".join(f"{channel:02X}" for channel in channels)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def faded(colour: str, share: float, *, dark: bool = False) -> str:
    """`colour` (#rrggbb) let through by `share` of 1, so that the page's own background shows behind it.

    On a dark page less of it: light words cannot be read on a bright tile.
    """
    red, green, blue = _channels(colour)
    share *= ON_DARK if dark else 1
    return f"rgba({red},{green},{blue},{share:.3f})"
