"""Writing to the terminal as it is: in its own encoding, with escapes for letters that it does not have."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from io import TextIOWrapper
from typing import TextIO

import click

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.base.report import as_json as plain
from loyalty_rules.base.screen import printable
from loyalty_rules.domain.errors import EventError


class CannotError(Exception):
    """What was asked for cannot be done, in one sentence: the command line tells it and ends with 1."""


def say(text: str, *, newline: bool = True) -> None:
    """Write to standard output."""
    # click, left to itself, takes an ASCII terminal for a mistake and sends it UTF-8
    click.echo(text, file=sys.stdout, nl=newline)


def complain(text: str, *, newline: bool = True) -> None:
    """Write to standard error."""
    click.echo(text, file=sys.stderr, nl=newline)


def tell_mistakes(found: Iterable[Diagnostic], report: str, *, as_json: bool) -> None:
    """Show what is wrong with rules: to a reader the report, each line of which is fit to be shown."""
    if as_json:
        say(json.dumps({"diagnostics": [plain(one) for one in found]}, indent=2))
    else:
        complain(report)


def tell_refused(file: str, problem: EventError, *, as_json: bool) -> None:
    """Show what is wrong with the event in a file."""
    if as_json:
        told = {"file": file, "code": problem.code, "path": problem.path, "message": problem.reason}
        say(json.dumps({"error": {**told, "exit": 1}}, indent=2))
    else:
        complain(printable(f"{file}: {problem}"))


def escape_what_cannot_be_shown() -> None:
    """From now on a letter that the terminal does not have becomes an escape, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def flush() -> None:
    """Write out what is waiting. Errors: ``BrokenPipeError`` when nobody reads any more."""
    # a process may be started without standard output; typeshed does not know
    stream: TextIO | None = sys.stdout
    if stream is not None:
        stream.flush()


def close_for_good() -> None:
    """Nothing more reaches standard output, not even by Python's own flush at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
