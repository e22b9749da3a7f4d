"""The list of currencies: what is in it once, and what belongs to the decimals that it knows."""

from __future__ import annotations

import re

from loyalty_rules.base.currencies import CODES, SCALES


def test_codes_are_three_capitals_and_those_with_other_decimals_are_among_them() -> None:
    assert [code for code in CODES if not re.fullmatch("[A-Z]{3}", code)] == []
    assert set(SCALES) < CODES
    assert {SCALES.get(code, 2) for code in ("EUR", "USD", "GBP", "IRR", "CHF", "NOK")} == {2}
    assert (SCALES["JPY"], SCALES["KWD"], SCALES["CLF"]) == (0, 3, 4)
    assert "IRT" not in CODES, "tomans are no currency of their own to ISO 4217"
