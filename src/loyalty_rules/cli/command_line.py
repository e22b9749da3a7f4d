"""The group of all commands: exit codes, interruptions, and what a terminal can show."""

from __future__ import annotations

import os
import sys
from typing import Final, TextIO

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.domain.errors import PluginError

INTERRUPTED: Final = 130
NOBODY_READS: Final = 141
"""What a shell shows of a program whose reader went away; quiet, and no claim that all was well."""


class CommandLine(click.Group):
    """A group whose commands return their exit code (None: 0)."""

    def invoke(self, ctx: click.Context) -> None:
        """Run the command that was asked for and leave with its exit code."""
        _escape_what_cannot_be_shown(sys.stdout, sys.stderr)
        code: object = 0
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _close_for_good(sys.stdout)
            code = NOBODY_READS
        except KeyboardInterrupt:
            click.echo("\nstopped", err=True)
            code = INTERRUPTED
        except PluginError as problem:
            click.echo(printable(str(problem)), err=True)
            code = 1
        ctx.exit(code if isinstance(code, int) else 0)


def _escape_what_cannot_be_shown(*streams: TextIO) -> None:
    """A terminal without a letter gets its escape instead of a traceback."""
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _close_for_good(stream: TextIO) -> None:
    """Nothing more is written, not even by Python's own flush at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
