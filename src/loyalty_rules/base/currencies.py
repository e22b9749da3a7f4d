"""Minor units of currencies whose scale is not 2. Source: ISO 4217, list one (amendments to 177)."""

from __future__ import annotations

from typing import Final

_NONE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE: Final = "BHD IQD JOD KWD LYD OMR TND"
_FOUR: Final = "CLF UYW"

SCALES: Final[dict[str, int]] = {
    **dict.fromkeys(_NONE.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
    **dict.fromkeys(_FOUR.split(), 4),
}
"""Digits behind the point by code; a code that is not here has 2."""
