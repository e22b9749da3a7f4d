"""``loyalty-rules ledger export|import``: a ledger as a file, and a file as a ledger."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.batch.files import READ_ERRORS, open_unpacked, position, reason_of, write_whole
from loyalty_rules.cli.progress import Steps, steps
from loyalty_rules.cli.stores import existing_store, ledger_option, store_option
from loyalty_rules.cli.terminal import complain, say
from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers.urls import open_store
from loyalty_rules.service.moving import export_ledger, import_ledger

LINE_BYTES_MAX = 64_000_000


@click.command("export")
@store_option(required=True)
@ledger_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file (.jsonl, or .jsonl.gz to pack it)  [default: standard output]",
)
def export_command(store: str, ledger: str, out: Path | None) -> int:
    """Write everything that a ledger holds, one JSON object a line.

    `ledger import` makes the same ledger of it in another store. Members stand in it under the shop's
    names, with the salts of their digests: keep it as you keep the store.

    \b
    Example:
      loyalty-rules ledger export --store sqlite:///club.db --out club.jsonl.gz

    Exit: 0 done, 2 wrong use.
    """
    with existing_store(store) as opened:
        if out is None:
            for line in export_ledger(opened, ledger):
                say(line)
            return 0
        count = 0
        with write_whole(out) as sink:
            for line in export_ledger(opened, ledger):
                sink.write(f"{line}\n".encode())
                count += 1
    complain(printable(f"{count:,} lines written to `{out}`"))
    return 0


@click.command("import")
@click.argument("file")
@store_option(required=True)
@click.option("--ledger", metavar="NAME", help="Its name there  [default: that of the export]")
def import_ledger_command(file: str, store: str, ledger: str | None) -> int:
    """Make a ledger of an export in another store: the same balances, receipts, chains and seals.

    FILE may be packed with gzip; - is standard input. The store is made if it is not there. All of it is
    checked before anything is seen; a file that was changed or cut off is refused whole.

    \b
    Example:
      loyalty-rules ledger import club.jsonl.gz --store sqlite:///new.db

    Exit: 0 done, 1 the file is not an export as it was written, or there is such a ledger already,
    2 wrong use or an unreadable file.
    """
    try:
        opened = open_store(store)
    except LedgerError as problem:
        raise click.UsageError(printable(str(problem))) from None
    try:
        with steps((file,)) as bar:
            done = import_ledger(opened, _read(file, bar), ledger=ledger)
    except READ_ERRORS as problem:
        complain(printable(f"`{file}`: {reason_of(problem)}"))
        return 2
    finally:
        opened.close()
    complain(
        printable(f"`{done.ledger}`: accounts {done.accounts:,}, entries {done.entries:,}, checked")
    )
    return 0


def _read(file: str, bar: Steps) -> Iterator[str]:
    with open_unpacked(file) as (unpacked, packed):
        before = 0
        for line in _lines(unpacked):
            now = position(packed)
            bar.read(now - before)
            before = now
            yield line


def _lines(unpacked: io.BufferedReader) -> Iterator[str]:
    number = 0
    while line := unpacked.readline(LINE_BYTES_MAX):
        number += 1
        try:
            yield line.decode()
        except UnicodeDecodeError:
            raise LedgerError(f"line {number} is no line of an export: it is no text") from None
