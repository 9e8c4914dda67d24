"""The one base of every mistake an operator can make and mend, and what a machine refuses."""

import errno
import os
import re
from pathlib import Path
from typing import Any

from pipelines import i18n

# What people meet, by its number; the engine says the same words as the system, without the number.
_REFUSALS = {
    errno.ENOSPC: "error.system_full",
    errno.EDQUOT: "error.system_full",
    errno.EACCES: "error.system_right",
    errno.EPERM: "error.system_right",
    errno.EROFS: "error.system_right",
    errno.ENOENT: "error.system_place",
    errno.ENOTDIR: "error.system_place",
    errno.EISDIR: "error.system_place",
    errno.EEXIST: "error.system_place",
}

# What SQLite calls it where no space is left: for its rows, or for the index of the log beside them.
_SQLITE_FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")


class UserError(Exception):
    """A mistake in the data or the input, said in one line: what, where, what to do.

    `code` is a key of the catalogue (`error.*`); `params` fill its placeholders. `str()` is the English line,
    `text(language)` the line in a reader's language. Subclasses name one mistake each and build the message in
    their `__init__`, so that a caller cannot forget a placeholder.
    """

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(self.text("en"))

    def __reduce__(self) -> tuple[Any, ...]:
        # Subclasses ask for what they build their message from, which the message no longer tells.
        return _made_again, (type(self), self.__dict__)

    def text(self, language: str) -> str:
        return i18n.translate(language, self.code, **self.params)


def _made_again(kind: type[UserError], told: dict[str, Any]) -> UserError:
    """An error that was stored, or has crossed to another process."""
    error = kind.__new__(kind)
    error.__dict__.update(told)  # from which some put their words together
    UserError.__init__(error, error.code, **error.params)
    return error


class SystemRefused(UserError):
    """The machine refused what was asked of it: no space left, no right, no such place, no more memory."""

    def __init__(self, error: Exception) -> None:
        """`error`: an OSError, or what DuckDB raises of files and memory."""
        said = str(error).partition("Original error: ")[2] or str(error)
        reason = (said.strip() or type(error).__name__).splitlines()[0]
        if isinstance(error, MemoryError) or reason.startswith("Out of Memory"):
            super().__init__("error.system_memory")
            return
        numbered = _REFUSALS.get(error.errno or 0) if isinstance(error, OSError) else None
        worded = (code for number, code in _REFUSALS.items() if os.strerror(number) in reason)
        code = numbered or next(worded, "error.system_other")
        quoted = re.search(r"[\"'](.+?)[\"']", reason)
        place = getattr(error, "filename", None) or (quoted[1] if quoted else "")
        super().__init__(code, place=f" ({place})" if place else "", reason=reason)


def disk_full(error: BaseException | None, place: Path) -> SystemRefused | None:
    """What to say where SQLite could not read or write the file `place` as no space is left; None of other errors."""
    if getattr(error, "sqlite_errorname", "") not in _SQLITE_FULL:
        return None
    return SystemRefused(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(place)))
