"""The ways a file can be unreadable, one error each."""

from pipelines.errors import UserError


class EmptyFile(UserError):
    """The file holds no bytes, or nothing but blanks."""

    def __init__(self, file: str) -> None:
        super().__init__("error.file_empty", file=file)


class WrongFormat(UserError):
    """The content is something else than a table."""

    def __init__(self, file: str, found: str) -> None:
        super().__init__("error.file_wrong_format", file=file, found=found)


class BinaryFile(UserError):
    """The content is neither text nor any workbook."""

    def __init__(self, file: str) -> None:
        super().__init__("error.file_binary", file=file)


class EncodingsMixed(UserError):
    """Some lines are UTF-8, others GB18030, and one of them can be read as either or holds both."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__("error.file_encodings_mixed", file=file, line=line)


class PasswordProtected(UserError):
    """The workbook can only be opened with a password."""

    def __init__(self, file: str) -> None:
        super().__init__("error.file_password", file=file)


class BrokenWorkbook(UserError):
    """The workbook is cut short or damaged."""

    def __init__(self, file: str) -> None:
        super().__init__("error.file_broken", file=file)


class NoSuchSheet(UserError):
    """The sheet asked for is not in the workbook."""

    def __init__(self, file: str, sheet: str, sheets: list[str]) -> None:
        super().__init__("error.file_no_such_sheet", file=file, sheet=sheet, sheets=", ".join(sheets))


class NoSuchFile(UserError):
    """There is no file at that path, or it is a folder."""

    def __init__(self, file: str) -> None:
        super().__init__("error.file_missing", file=file)


class LineTooLong(UserError):
    """One line is longer than any export would have."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__("error.file_line_too_long", file=file, line=line)


class BrokenFile(UserError):
    """The file ends too early or is damaged."""

    def __init__(self, file: str) -> None:
        super().__init__("error.file_damaged", file=file)


class SeveralFiles(UserError):
    """The archive holds more than one file."""

    def __init__(self, file: str, members: list[str]) -> None:
        super().__init__("error.file_several", file=file, members=", ".join(members[:10]))


class TooLarge(UserError):
    """The content unpacks to more than any export holds."""

    def __init__(self, file: str) -> None:
        super().__init__("error.file_too_large", file=file)
