"""Whether the app answers: ends with 0 where it shows its page or asks for the password, else with 1."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

SECONDS = 4.0


def main(address: str = "http://127.0.0.1:7860/") -> int:
    """The exit status for the app at ``address``."""
    try:
        with urllib.request.urlopen(address, timeout=SECONDS):
            return 0
    except urllib.error.HTTPError as error:
        error.close()
        return int(error.code != 401)
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
