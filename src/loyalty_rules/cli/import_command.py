"""``loyalty-rules import``: a shop's CSV export of order lines becomes a file of events."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, cast

import click

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.base.report import as_json, render_all
from loyalty_rules.base.screen import printable
from loyalty_rules.batch.csv_import import (
    CsvImport,
    ImportSummary,
    Reject,
    Tally,
    UnreadableFile,
    WrongColumns,
)
from loyalty_rules.batch.files import write_whole
from loyalty_rules.batch.mapping import ImportMapping, read_mapping
from loyalty_rules.cli.options import format_option
from loyalty_rules.cli.progress import steps
from loyalty_rules.cli.terminal import complain, say

_FILE = click.Path(exists=True, dir_okay=False)


@click.command("import")
@click.argument("mapping", type=_FILE)
@click.argument("files", type=_FILE, nargs=-1, required=True)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of events to write (.jsonl, or .jsonl.gz to pack it).",
)
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A CSV file for every row and order that did not become an event, and why.",
)
@format_option
def import_command(
    mapping: str,
    files: tuple[str, ...],
    out: Path,
    rejects: Path | None,
    form: str,
) -> int:
    """Turn CSV exports of order lines into a file of events, by a mapping.

    MAPPING is a YAML file that says which column is what, how returns are marked and which rows to leave
    out. FILES may be packed with gzip. Orders and returns are written in business order, one JSON object a
    line; the output appears only when the import has come to its end.

    \b
    Example:
      loyalty-rules import mapping.yaml sales.csv.gz --out year.jsonl

    Exit: 0 the import ran, 1 the mapping has mistakes, 2 wrong use or an unreadable file.
    """
    _check_targets(mapping, files, out, rejects)
    data = Path(mapping).read_bytes()
    checked, found = read_mapping(data, mapping)
    if checked is None:
        _report(data, found, form)
        return 1
    try:
        summary = _import(checked, files, out, rejects)
    except WrongColumns as wrong:
        _report(data, (*found, *wrong.diagnostics), form)
        return 1
    except UnreadableFile as problem:
        raise click.UsageError(printable(str(problem))) from None
    except OSError as problem:
        place = f"{problem.filename}: " if problem.filename else ""
        raise click.UsageError(printable(f"{place}{problem.strerror or problem}")) from None
    if found:  # warnings
        complain(render_all(found, data.decode("utf-8", "replace")))
    say(json.dumps(as_object(summary), indent=2) if form == "json" else as_text(summary))
    return 0


def _check_targets(mapping: str, files: tuple[str, ...], out: Path, rejects: Path | None) -> None:
    """No file may be written over one that is read, or over the other one; none is read twice."""
    taken = {Path(mapping).resolve()}
    for file in files:
        if (read := Path(file).resolve()) in taken:
            raise click.UsageError(
                printable(f"`{file}` is named twice: its rows would count twice")
            )
        taken.add(read)
    for target in (out, rejects):
        if target is not None and target.resolve() in taken:
            raise click.UsageError(printable(f"`{target}` would be written over"))
        taken |= set() if target is None else {target.resolve()}


def _report(data: bytes, found: tuple[Diagnostic, ...], form: str) -> None:
    if form == "json":
        say(json.dumps({"diagnostics": [as_json(one) for one in found]}, indent=2))
    else:
        say(render_all(found, data.decode("utf-8", "replace")), newline=False)


def _import(
    mapping: ImportMapping, files: tuple[str, ...], out: Path, rejects: Path | None
) -> ImportSummary:
    with ExitStack() as stack:
        # Both files are begun first: whoever cannot write should not have to wait for it.
        sink = stack.enter_context(write_whole(out))
        note = None if rejects is None else stack.enter_context(_rejects(rejects))
        run = CsvImport(mapping, note)
        with steps(files) as progress:
            run.add_files(files, progress.read)
        return run.write(sink)


@contextmanager
def _rejects(target: Path) -> Iterator[Callable[[Reject], object]]:
    with write_whole(target) as sink:
        text = TextIOWrapper(cast("IO[bytes]", sink), "utf-8", "backslashreplace", newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(Reject._fields)
        yield lambda reject: writer.writerow(_cell(part) for part in reject)
        text.flush()
        text.detach()


def _cell(part: str | int) -> str | int:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(part, int) or not part.startswith(("=", "+", "-", "@", "\t", "\r")):
        return part
    return f"'{part}"


def as_object(summary: ImportSummary) -> dict[str, Any]:
    """The summary as plain data."""
    return {
        "rows": {
            "read": summary.rows_read,
            "left_out": _sorted(summary.rows_left_out),
            "wrong": _sorted(summary.rows_wrong),
        },
        "orders": _tally(summary.orders, summary.members_of_orders),
        "returns": _tally(summary.returns, summary.members_of_returns),
    }


def _tally(tally: Tally, members: int) -> dict[str, Any]:
    return {
        "written": tally.written,
        "lines": tally.lines,
        "members": members,
        "left_out": _sorted(tally.left_out),
        "refused": _sorted(tally.refused),
    }


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def as_text(summary: ImportSummary) -> str:
    """The summary for a person: what was read, what became of it, and what did not and why."""
    lines = [f"rows read      {summary.rows_read:>10,}"]
    lines += _reasons("left out", summary.rows_left_out)
    lines += _reasons("wrong", summary.rows_wrong)
    for name, tally, members in (
        ("orders", summary.orders, summary.members_of_orders),
        ("returns", summary.returns, summary.members_of_returns),
    ):
        lines.append(
            f"{name:<14} {tally.written:>10,}   {tally.lines:,} lines, {members:,} members"
        )
        lines += _reasons("left out", tally.left_out)
        lines += _reasons("refused", tally.refused)
    return "\n".join(lines)


def _reasons(what: str, counts: Counter[str]) -> list[str]:
    return [f"  {what:<12} {count:>10,}   {reason}" for reason, count in _sorted(counts).items()]
