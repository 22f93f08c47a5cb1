"""What can go wrong with an embedded server; each message says what to do next."""


class EmbeddedServerError(RuntimeError):
    """Raised when an embedded server cannot be found, started or reached."""


class BinariesMissing(EmbeddedServerError):
    """Raised when this machine has no binaries of a server that we could start."""


class ServerDidNotStart(EmbeddedServerError):
    """Raised when a server was started but does not answer; the message ends with its last log lines."""


def last_lines(log: str, count: int = 15) -> str:
    """Return the last lines of a log, indented for the end of a message."""
    return "\n".join(f"    {line}" for line in log.splitlines()[-count:])
