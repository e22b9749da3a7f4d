"""Files that were cut, zeroed, flipped or mixed up at random: seen or recovered, never a wrong balance."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.service.ledger import open_ledger
from tests.ledger.shop import NOW, RULES
from tests.ledger.tearing import make, tear


@pytest.mark.parametrize(
    "count", [pytest.param(40), pytest.param(500, marks=pytest.mark.slow)], ids=str
)
def test_a_torn_file_is_seen_or_recovered_and_never_gives_a_wrong_balance(
    count: int, tmp_path: Path
) -> None:
    torn = tear(tmp_path, count, seed=count)
    print(dict(torn.outcomes))
    assert torn.wrong == []
    assert sum(torn.outcomes.values()) == count
    assert torn.outcomes["recovered"] and any(name.startswith("seen") for name in torn.outcomes)


def test_a_damaged_table_that_is_named_by_bytes_that_are_no_text_is_a_damage(
    tmp_path: Path,
) -> None:
    """SQLite says its name in the error, which the driver cannot read."""
    make(tmp_path)
    path = tmp_path / "base.db"
    Path(f"{path}-wal").unlink()
    data = path.read_bytes().replace(b"loyalty_outbox", b"loyalty_\xf1utbox")
    path.write_bytes(data)
    try:
        with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
            assert not ledger.verify().is_clean
    except LedgerError:
        pass  # seen when it is opened
    path.write_bytes(data.replace(b"CREATE TABLE loyalty_\xf1", b"CREATE TORN  loyalty_\xf1"))
    with pytest.raises(LedgerError, match="is damaged"):  # and once more by closing what met it
        open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW)
