"""Tags, anchors and aliases: YAML's own devices, which a rule set has no use for."""

from __future__ import annotations

import re

from loyalty_rules.ruleset.decode import Found
from loyalty_rules.ruleset.nodes import Source

_PROPERTY = re.compile(r"(?:&[^\s,\[\]{}]*|!<[^>\s]*>|![^\s,\[\]{}]*)")
_GAP = re.compile(r"(?:\s+|#[^\r\n]*)*")
_RELATED_MAX = 3


class Properties:
    """Collects what one file has of them. All anchors and aliases are one mistake: using them."""

    def __init__(self, source: Source, found: Found) -> None:
        self._source = source
        self._found = found
        self._anchors = list[tuple[int, int]]()

    def alias(self, start: int, end: int) -> None:
        """Note an alias such as ``*base``."""
        self._anchors.append((start, end))

    def of_node(self, start: int, anchor: str | None, tag: str | None) -> int:
        """Note the anchor and report the tag of a node; the offset at which the node itself begins."""
        at = start
        for _ in range(2):
            match = _PROPERTY.match(self._source.text, at)
            if match is None:
                break
            if match[0].startswith("&") and anchor:
                self._anchors.append(match.span())
            elif tag:
                self._report_tag(match)
            gap = _GAP.match(self._source.text, match.end())
            at = match.end() if gap is None else gap.end()
        return at

    def _report_tag(self, match: re.Match[str]) -> None:
        message = f"`{match[0]}` is a YAML tag"
        help = "take it out: what a value is follows from how it is written"
        if match[0] in ("!", "!="):
            message = f"a value cannot begin with `{match[0]}`"
            help = "put the expression in quotes; the negation is written `not`"
        self._found.add("tag", message, match.start(), match.end(), help)

    def report(self) -> None:
        """Report the first anchor or alias, with a few of the others as related places."""
        if not self._anchors:
            return
        (start, end), *others = sorted(self._anchors)
        related = tuple(self._found.note(a, b, "here too") for a, b in others[:_RELATED_MAX])
        self._found.add(
            "anchor", "YAML anchors and aliases are not used here", start, end,
            "write the value out; a condition that is used often stands once under `define`", related,
        )  # fmt: skip
