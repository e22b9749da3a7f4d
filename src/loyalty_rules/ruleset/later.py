"""The words of the language that this version does not decide yet. Each is refused with its place, never
ignored; a word leaves this file when it is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node

PROGRAM_TYPES: Final = ("referral", "raffle")
GIVE_TYPES: Final = ("entry",)
CALENDARS: Final = ("hijri",)
NAMES: Final = ("friend", "previous")
"""Words of expressions that only programs and events of later versions fill."""

RULE: Final[Mapping[str, str]] = {
    "budget": "write `limit` for a cap of each member",
}
REWARD: Final[Mapping[str, str]] = {
    "budget": "write `limit` for a cap of each member",
}
GROUP: Final[Mapping[str, str]] = {"budget": "write `limit` for a cap of each member"}


def refuse(findings: Findings, place: Node | Span, what: str, help: str) -> None:
    """Report a word of the language that waits."""
    findings.add("not_built_yet", place, f"`{what}` is not decided by this version yet", help)


def refuse_keys(findings: Findings, node: MappingNode, words: Mapping[str, str]) -> None:
    """Report every key of ``words`` that is written in ``node``."""
    for key, _ in node.entries:
        if key.text in words:
            refuse(findings, key, key.text, words[key.text])
