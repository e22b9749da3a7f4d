"""The group of all commands: exit codes, interruptions, and what a terminal can show."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from typing import Any, Final

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.cli.terminal import (
    CannotError,
    close_for_good,
    complain,
    escape_what_cannot_be_shown,
    flush,
    say,
    tell_mistakes,
)
from loyalty_rules.domain.errors import EventError, LedgerError, PluginError, RulesError

NOT_WRITTEN: Final = 2
INTERRUPTED: Final = 130
NOBODY_READS: Final = 141
"""What a shell shows of a program whose reader went away; quiet, and no claim that all was well."""


class CommandLine(click.Group):
    """A group whose commands return their exit code (None: 0)."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """The words of the command line, read; ``--help`` and ``--version`` are answered here already."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except OSError as problem:
            sys.exit(_not_written(problem))

    def invoke(self, ctx: click.Context) -> None:
        """Run the command that was asked for and leave with its exit code."""
        escape_what_cannot_be_shown()
        as_json = _asks_for_json(ctx.args)
        code: object = 0
        try:
            code = super().invoke(ctx)
            flush()
        except OSError as problem:
            code = _not_written(problem)
        except KeyboardInterrupt:
            complain("\nstopped")
            code = INTERRUPTED
        except RulesError as problem:
            tell_mistakes(problem.diagnostics, problem.report, as_json=as_json)
            code = 1
        except EventError as problem:
            code = _tell(printable(f"{problem.code}: {problem.reason}"), 1, as_json=as_json)
        except (PluginError, LedgerError, CannotError) as problem:
            code = _tell(printable(str(problem)), 1, as_json=as_json)
        except click.UsageError as problem:
            if not as_json:
                raise
            code = _tell(printable(problem.format_message()), problem.exit_code, as_json=True)
        ctx.exit(code if isinstance(code, int) else 0)


def _not_written(problem: OSError) -> int:
    """Say what could not be read or written: a reader who went away is none of our business."""
    if isinstance(problem, BrokenPipeError):
        close_for_good()
        return NOBODY_READS
    place = problem.filename or "standard output"
    complain(printable(f"`{place}`: {(problem.strerror or str(problem)).lower()}"))
    close_for_good()
    return NOT_WRITTEN


def _asks_for_json(words: list[str]) -> bool:
    """Whether the command was told to answer a program, whatever else is wrong with its words."""
    return "--format=json" in words or ("--format", "json") in pairwise(words)


def _tell(message: str, exit_code: int, *, as_json: bool) -> int:
    """Say why nothing was done: to a reader on standard error, to a program as an object."""
    if as_json:
        say(json.dumps({"error": {"message": message, "exit": exit_code}}, indent=2))
    else:
        complain(message)
    return exit_code
