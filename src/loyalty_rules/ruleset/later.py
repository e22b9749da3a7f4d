"""The words of the language that this version does not decide yet. Each is refused with its place, never
ignored; a word leaves this file when it is built."""

from __future__ import annotations

from typing import Final

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.nodes import Node

CALENDARS: Final = ("hijri",)


def refuse(findings: Findings, place: Node | Span, what: str, help: str) -> None:
    """Report a word of the language that waits."""
    findings.add("not_built_yet", place, f"`{what}` is not decided by this version yet", help)
