"""`python -m portal.web_health`: ask this machine's web server how it is, and end with 0 or 1 for a health check."""

import http.client
import sys

from portal import environment

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def trouble() -> str:
    """Return what is wrong with the web server's answer to /healthz, or ""."""
    bound = environment.text("RESGUARDO_BIND")
    connection = http.client.HTTPConnection(_ANYWHERE.get(bound, bound), environment.integer("PORT"), timeout=10)
    try:
        connection.request("GET", "/healthz", headers={"Host": environment.listing("RESGUARDO_ALLOWED_HOSTS")[0]})
        answer = connection.getresponse()
        text = answer.read(300).decode(errors="replace")
    except OSError as error:
        return str(error)
    finally:
        connection.close()
    return "" if answer.status == http.client.OK else f"{answer.status} {answer.reason}: {text}"


if __name__ == "__main__":
    sys.exit(trouble() or 0)
