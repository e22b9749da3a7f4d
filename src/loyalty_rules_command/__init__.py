"""Where the command ``loyalty-rules`` begins: nothing but the import of everything else.

It stands beside the package, for importing that takes a moment, and whoever presses Ctrl-C in that moment
should read one word and no traceback.
"""

from __future__ import annotations

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line; leaves with its exit code."""
    try:
        from loyalty_rules.cli import main as command_line
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        sys.exit(INTERRUPTED)
    command_line()
