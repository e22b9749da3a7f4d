"""The group of all commands: exit codes, interruptions, and what a terminal can show."""

from __future__ import annotations

from typing import Final

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.cli.terminal import close_for_good, complain, escape_what_cannot_be_shown, flush
from loyalty_rules.domain.errors import LedgerError, PluginError

NOT_WRITTEN: Final = 2
INTERRUPTED: Final = 130
NOBODY_READS: Final = 141
"""What a shell shows of a program whose reader went away; quiet, and no claim that all was well."""


class CommandLine(click.Group):
    """A group whose commands return their exit code (None: 0)."""

    def invoke(self, ctx: click.Context) -> None:
        """Run the command that was asked for and leave with its exit code."""
        escape_what_cannot_be_shown()
        code: object = 0
        try:
            code = super().invoke(ctx)
            flush()
        except BrokenPipeError:
            close_for_good()
            code = NOBODY_READS
        except OSError as problem:
            place = problem.filename or "standard output"
            complain(printable(f"`{place}`: {(problem.strerror or str(problem)).lower()}"))
            close_for_good()
            code = NOT_WRITTEN
        except KeyboardInterrupt:
            complain("\nstopped")
            code = INTERRUPTED
        except (PluginError, LedgerError) as problem:
            complain(printable(str(problem)))
            code = 1
        ctx.exit(code if isinstance(code, int) else 0)
