"""Event files: what is read, what is said of damaged ones, and how little is held."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tracemalloc
from pathlib import Path

import pytest

from loyalty_rules.batch.read_events import ReadEvent, read_events
from loyalty_rules.domain.errors import EventError
from tests.events.examples import event


def line(name: str) -> bytes:
    return json.dumps(event(id=name)).encode()


def summary(read: ReadEvent) -> tuple[int, str]:
    """Line number and id, or what is wrong."""
    what = read.event
    return read.line, what.code if isinstance(what, EventError) else what.id


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_lines_are_read_with_their_numbers_and_blank_ones_are_skipped(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + line("a") + b"\r\n\r\n  \n" + line("b") + b"\n{}\n" + line("c")
    file = write(tmp_path / "e.jsonl", data)
    read = list(read_events([file]))
    assert [summary(one) for one in read] == [(1, "a"), (4, "b"), (5, "missing_field"), (6, "c")]
    assert {one.file for one in read} == {str(file)}


@pytest.mark.parametrize("name", ["e.jsonl.gz", "e.jsonl"])
def test_gzip_is_seen_by_its_content(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / name, gzip.compress(line("a") + b"\n" + line("b")))
    assert [summary(one) for one in read_events([file])] == [(1, "a"), (2, "b")]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_read_and_left_open(
    monkeypatch: pytest.MonkeyPatch, pack: type[bytes]
) -> None:
    entry = io.TextIOWrapper(io.BytesIO(pack(line("a"))))
    monkeypatch.setattr(sys, "stdin", entry)
    assert [summary(one) for one in read_events(["-"])] == [(1, "a")]
    assert not entry.buffer.closed


def test_several_files_follow_each_other_and_name_the_sender(tmp_path: Path) -> None:
    files = [write(tmp_path / name, line(name)) for name in ("b", "a")]
    read = list(read_events(files, source="till"))
    assert [(Path(one.file).name, summary(one)[1]) for one in read] == [("b", "b"), ("a", "a")]
    assert all(not isinstance(one.event, EventError) and one.event.source == "till" for one in read)


def test_an_empty_file_has_no_events(tmp_path: Path) -> None:
    assert list(read_events([write(tmp_path / "e", b"")])) == []


def test_a_line_beyond_the_limit_is_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    long = b'{"id":"' + b"x" * 20_000_000 + b'"}'
    file = write(tmp_path / "e", b"\n".join([line("a"), long, line("b"), long]))
    tracemalloc.start()
    try:
        read = [summary(one) for one in read_events([file])]
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert read == [(1, "a"), (2, "too_large"), (3, "b"), (4, "too_large")]
    assert peak_bytes < 6_000_000


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_the_limit_is_a_megabyte_without_the_line_end(tmp_path: Path, end: bytes) -> None:
    padded = line("a")[:-1] + b" " * (1_000_000 - len(line("a"))) + b"}"
    file = write(tmp_path / "e", padded + end)
    assert [summary(one) for one in read_events([file])] == [(1, "a")]
    write(file, padded.replace(b"{", b"{ ", 1) + end)
    assert [summary(one) for one in read_events([file])] == [(1, "too_large")]


def test_a_cut_gzip_file_counts_up_to_where_it_breaks(tmp_path: Path) -> None:
    names = [f"e-{number * 7919 % 100_003}" for number in range(2_000)]
    whole = gzip.compress(b"\n".join(map(line, names)))
    file = write(tmp_path / "e.jsonl.gz", whole[: len(whole) // 2])
    *before, last = [summary(one) for one in read_events([file])]
    assert len(before) > 500
    assert before == list(enumerate(names, 1))[: len(before)]
    assert last == (len(before) + 1, "broken_file")


def test_a_damaged_gzip_file_ends_with_its_place(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(b"\n".join(line(str(number)) for number in range(5_000))))
    whole[len(whole) // 2] ^= 0xFF
    file = write(tmp_path / "e.jsonl.gz", bytes(whole))
    *before, last = [summary(one) for one in read_events([file])]
    assert last[1] == "broken_file" and last[0] == before[-1][0] + 1


def test_reading_is_lazy(tmp_path: Path) -> None:
    stream = read_events([write(tmp_path / "e", line("a")), tmp_path / "missing"])
    assert summary(next(stream)) == (1, "a")
    with pytest.raises(FileNotFoundError):
        next(stream)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_progress_adds_up_to_the_size_of_the_file(tmp_path: Path, pack: type[bytes]) -> None:
    data = pack(b"\n".join(line(str(number)) for number in range(2_000)))
    told: list[int] = []
    assert len(list(read_events([write(tmp_path / "e", data)], progress=told.append))) == 2_000
    assert sum(told) == len(data) and len(told) > 1
