import logging
import re

_DETAIL = re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE)


class LineFormatter(logging.Formatter):
    """Write log lines without the detail of a database error: it quotes the row, such as somebody's e-mail address."""

    def formatException(self, ei: object) -> str:  # noqa: N802 (logging's name)
        """Return the traceback, in which a detail says only that it is left out."""
        return _DETAIL.sub(r"\1: (left out)", super().formatException(ei))  # type: ignore[arg-type]
