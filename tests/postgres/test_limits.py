"""Where the server has no room, no patience or other habits: a clear error, and nothing is half."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from loyalty_rules import Ledger, Retry, open_ledger
from tests.ledger.hands import by_hand
from tests.ledger.shop import NOW, RULES, beans, bought, sound
from tests.ledger.test_full_disk import check, told_by
from tests.postgres.shared import new_url, shared

DISK = 'mount -t tmpfs -o size={size} tmpfs "$1" && shift && exec "$@"'


def on_a_disk_of_all(folder: Path, size: str, *command: str) -> list[str]:
    """The command with ``folder`` on a small disk, where other users may be, too: a server is one."""
    return ["unshare", "-m", "sh", "-c", DISK.format(size=size), "sh", str(folder), *command]


@cache
def has_such_disks() -> bool:
    """Whether this system lets us have one."""
    if os.geteuid() != 0:
        return False
    with TemporaryDirectory() as name:
        try:
            command = on_a_disk_of_all(Path(name), "1m", "touch", f"{name}/there")
            tried = subprocess.run(command, capture_output=True, check=False)
        except OSError:
            return False
        return tried.returncode == 0 and not (Path(name) / "there").exists()


@pytest.fixture
def url() -> str:
    return new_url()


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with sound(open_ledger(url, RULES, now=lambda: NOW)) as opened:
        opened.record(bought("10.00"))
        yield opened


def test_a_full_disk_is_told_and_nothing_that_was_promised_is_lost(
    record_property: Callable[[str, object], None],
) -> None:
    """On a small tmpfs; where that cannot be had, the server says it by a trigger."""
    shared()
    words = [sys.executable, "-m", "tests.postgres.filling"]
    with TemporaryDirectory(prefix="loyalty-disk-") as name:
        how = "tmpfs" if has_such_disks() else "trigger"
        record_property("full_disk", how)
        print("full disk by", how)
        if how == "tmpfs":
            command = on_a_disk_of_all(Path(name), "4m", *words, name)
        else:
            command = [*words, name, "told"]
        check(told_by(command))


@pytest.mark.parametrize("setting", ["statement_timeout", "lock_timeout"])
def test_a_server_without_patience_is_asked_again_and_then_told_of(
    setting: str, url: str, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty_rules.service.attempts.PAUSES_SECONDS", (0.01, 0.01))
    address = f"{url}&options=-c{setting}%3D150"
    with open_ledger(address, RULES, now=lambda: NOW) as hasty:
        with by_hand(url) as shop, shop.transaction():
            shop.execute("SELECT 1 FROM loyalty_members FOR UPDATE")
            with pytest.raises(Retry, match="try again"):
                hasty.record(bought("5.00", id="p-2"))
            assert beans(hasty) == 10  # who looks waits for nobody
        assert hasty.record(bought("5.00", id="p-2")).status == "booked"
    assert beans(ledger) == 15


@pytest.mark.parametrize("level", ["serializable", "repeatable%20read", "read%20uncommitted"])
def test_what_a_session_does_by_default_is_not_what_ours_do(
    level: str, url: str, ledger: Ledger
) -> None:
    """Two writers of one balance, whose sessions would look at snapshots."""
    address = f"{url}&options=-cdefault_transaction_isolation%3D{level.replace('%20', '%5C%20')}"
    with (
        open_ledger(address, RULES, now=lambda: NOW) as first,
        open_ledger(address, RULES, now=lambda: NOW) as second,
    ):
        for number in range(4):
            first.record(bought("1.00", id=f"a-{number}"))
            second.record(bought("1.00", id=f"b-{number}"))
    assert beans(ledger) == 18


def test_a_session_that_the_server_ends_between_two_bookings_is_no_matter(
    url: str, ledger: Ledger
) -> None:
    with psycopg.connect(shared().url(), autocommit=True) as shop:
        others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        for number in range(3):
            shop.execute(f"{others} AND backend_type = 'client backend'".encode())
            assert ledger.record(bought("1.00", id=f"a-{number}")).status == "booked"
    assert beans(ledger) == 13
