class CsvError(Exception):
    """Refuse a CSV file: nothing read from it so far is to be stored.

    `line` is the line of the file, `message` says what is wrong, `remedy` what to do next.
    """

    def __init__(self, message: str, *, remedy: str, line: int = 1) -> None:
        self.line = line
        self.message = message
        self.remedy = remedy
        super().__init__(f"Line {line}: {message} {remedy}")


class MappingError(CsvError):
    """Refuse a mapping file: it is no TOML, or names a form, column, unit or zone that does not exist."""
