"""The lots of a program: the same as a list of them, whatever was put in and taken out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules.base.records import replace
from loyalty_rules.domain.lots import Lot, Lots

DAY = datetime(2026, 1, 1, tzinfo=UTC)


@st.composite
def one(draw: st.DrawFn, id: str) -> Lot:
    """A lot with points, that may end, wait, or hang on a timer."""
    ends = draw(st.none() | st.integers(1, 9))
    left = draw(st.integers(1, 50))
    return Lot(
        id,
        left + draw(st.integers(0, 5)),
        left,
        DAY,
        None if ends is None else DAY + timedelta(days=ends),
        draw(st.sampled_from(["", "a", "b"])),
        draw(st.booleans()),
    )


def first_end(plain: list[Lot]) -> datetime | None:
    return min((lot.expires_at for lot in plain if lot.expires_at is not None), default=None)


@given(st.data(), st.integers(0, 90))
def test_changed_lots_are_those_of_a_list_that_was_changed_alike(
    data: st.DataObject, grown: int
) -> None:
    plain = [Lot(f"g{number}", 5, 5, DAY) for number in range(grown)]
    lots = Lots(plain)
    for number in range(data.draw(st.integers(0, 12))):
        change = data.draw(st.sampled_from(["add", "put", "without"])) if plain else "add"
        untouched, known = lots, list(plain)
        if change == "add":
            lot = data.draw(one(f"n{number}"))
            plain.append(lot)
            lots = lots.add(lot)
        else:
            place = data.draw(st.integers(0, len(plain) - 1))
            if change == "put":
                plain[place] = data.draw(one(plain[place].id))
                lots = lots.put(plain[place])
            else:
                lots = lots.without(plain.pop(place).id)
        assert list(untouched) == known
        assert list(lots) == plain
        assert lots == Lots(plain) == tuple(plain)
        assert (len(lots), bool(lots)) == (len(plain), bool(plain))
        assert lots.usable == sum(lot.left for lot in plain if not lot.waits)
        assert lots.waiting == sum(lot.left for lot in plain if lot.waits)
        assert lots.first_end == first_end(plain)
        assert lots.timers == {lot.ends_with for lot in plain if lot.ends_with}
        assert list(lots.that_wait()) == [lot for lot in plain if lot.waits]
        before = DAY + timedelta(days=5)
        dated = [lot for lot in plain if lot.expires_at is not None and lot.expires_at <= before]
        assert set(dated) <= set(lots.that_may_end(before)) <= set(plain)
        assert [lots.get(lot.id) for lot in plain] == plain
        assert [lots[place] for place in range(len(plain))] == plain


def test_a_lot_that_is_not_there_is_none() -> None:
    assert Lots().get("x") is None
    held = Lots([Lot("a", 1, 1, DAY)])
    assert held.get("x") is None
    assert replace(held[0], left=0) != held[0]
    assert held != [1]
