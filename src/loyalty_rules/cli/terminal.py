"""Writing to the terminal as it is: in its own encoding, with escapes for letters that it does not have."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import TextIO

import click


def say(text: str, *, newline: bool = True) -> None:
    """Write to standard output."""
    # click, left to itself, takes an ASCII terminal for a mistake and sends it UTF-8
    click.echo(text, file=sys.stdout, nl=newline)


def complain(text: str, *, newline: bool = True) -> None:
    """Write to standard error."""
    click.echo(text, file=sys.stderr, nl=newline)


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
