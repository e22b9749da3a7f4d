"""Codes of currencies and their minor units. Source: ISO 4217, list one (amendments to 179)."""

from __future__ import annotations

from typing import Final

from loyalty_rules.base.suggest import nearest

_NONE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE: Final = "BHD IQD JOD KWD LYD OMR TND"
_FOUR: Final = "CLF UYW"
_TWO: Final = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP
    BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR
    FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR
    KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
    MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK
    SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN
    UYU UZS VED VES WST XAD XAG XAU XBA XBB XBC XBD XCD XCG XDR XPD XPT XSU XTS XUA XXX YER
    ZAR ZMW ZWG ZWL
"""

SCALES: Final[dict[str, int]] = {
    **dict.fromkeys(_NONE.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
    **dict.fromkeys(_FOUR.split(), 4),
}
"""Digits behind the point by code; a code that is not here has 2."""

CODES: Final = frozenset({*SCALES, *_TWO.split()})
"""All codes, those among them that were withdrawn lately: years of purchases are in them."""

_UNITS: Final = "BTC CNH ETH FOK GGP IMP IRT JEP KID PRB SLS TVD XBT"
UNITS: Final = frozenset(_UNITS.split())
"""Codes that ISO 4217 does not have and many use: units of account (a toman), of islands, of markets."""


def nearest_code(written: str) -> str | None:
    """The code that was meant by ``written``, or None: first one with its letters in another order.

    >>> nearest_code("UDS"), nearest_code("GPB"), nearest_code("QQQ")
    ('USD', 'GBP', None)
    """
    same = sorted(code for code in CODES if sorted(code) == sorted(written))
    first = [code for code in same if code[0] == written[:1]]
    return next(iter(first or same), None) or nearest(written, CODES)
