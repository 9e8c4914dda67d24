"""The exports of a made-up supplier, the same bytes every time."""
