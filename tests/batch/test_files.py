"""Files that are written: whole or not at all, and nothing else in their folder changes."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import pytest

from loyalty_rules.batch.files import write_whole


def test_a_link_stays_and_its_file_changes(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    there = tmp_path / "disk" / "year.jsonl"
    there.write_text("before")
    link = tmp_path / "latest.jsonl"
    link.symlink_to(there)
    with write_whole(link) as sink:
        sink.write(b"after")
    assert link.is_symlink()
    assert there.read_text() == "after"


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.symlink_to(os.devnull)
    with write_whole(nowhere) as sink:
        sink.write(b"gone")
    assert nowhere.is_symlink()
    assert not nowhere.is_file()


@pytest.mark.skipif(os.name != "posix", reason="pipes with names are a thing of Unix")
@pytest.mark.parametrize("name", ["pipe", "pipe.gz"])
def test_a_pipe_carries_what_is_written(tmp_path: Path, name: str) -> None:
    pipe = tmp_path / name
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    with write_whole(pipe) as sink:
        sink.write(b"one line\n")
    assert pipe.is_fifo()
    reader.join(10)
    assert (gzip.decompress(read[0]) if name.endswith(".gz") else read[0]) == b"one line\n"
