"""Numbers such as ``1.000``: exact and allowed, and in half of the world the way to write a thousand."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from loyalty_rules.engine.model import Currency, Model
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.nodes import Mapping, Node, Scalar
from loyalty_rules.ruleset.scalars import plain_decimal

_FINE: Final = 3
"""Decimals of a currency, such as the dinar of Kuwait, in which ``1.000`` is how one unit is written."""

_POINTED: Final = re.compile(r"(?<![\w.])[1-9][0-9]{0,2}\.[0-9]{2}0(?![\w.])")
_QUOTED: Final = re.compile(r"\"[^\"]*\"|'[^']*'")


def check_thousands(model: Model, root: Mapping, findings: Findings) -> None:
    """Warn of the numbers of a file that may be meant in thousands; rates of currencies are finer anyway."""
    for key, node in root:
        if key.text != "currency":
            check_numbers(node, model.currency, findings)


def warn_of_thousands(node: Scalar, currency: Currency, findings: Findings) -> None:
    """Warn of three decimals with a nought at the end, which nobody needs, in a number or an expression."""
    if currency.scale >= _FINE or "." not in node.text or findings.is_wrong(node):
        return
    bare = _QUOTED.sub(lambda text: "x" * len(text[0]), node.text)
    for match in _POINTED.finditer(bare):
        written = match[0]
        read, whole = plain_decimal(Decimal(written)), written.replace(".", "")
        findings.add(
            "point_in_thousands",
            node.span_at(match.start(), match.end()),
            f"`{written}` is read as {read}: decimals stand behind the point",
            f"write `{whole}` or `{written.replace('.', '_')}` for thousands, else `{read}`",
        )


def check_numbers(node: Node, currency: Currency, findings: Findings) -> None:
    """Warn of the numbers anywhere in ``node`` that may be meant in thousands."""
    if isinstance(node, Mapping):
        for key, value in node.entries:
            check_numbers(key, currency, findings)
            check_numbers(value, currency, findings)
    elif not isinstance(node, Scalar):
        for item in node.items:
            check_numbers(item, currency, findings)
    elif "." in node.text and isinstance(node.number, Decimal):
        warn_of_thousands(node, currency, findings)
