"""Reads a small YAML file section by section: typed values out, mistakes in with their places."""

from __future__ import annotations

from decimal import Decimal

from loyalty_rules.base.suggest import choice, did_you_mean
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.tree import Mapping, Node, Scalar, Sequence


class Section:
    """One map of the file. A value that is wrong is reported once and read as if it were not there."""

    def __init__(self, node: Mapping, findings: Findings) -> None:
        self.node = node
        self.findings = findings

    def only(self, *keys: str) -> None:
        """Report every key that is none of ``keys``."""
        for key, _ in self.node:
            if key.text not in keys and not key.broken:
                help = did_you_mean(key.text, keys)
                self.findings.add("unknown_key", key, f"unknown key `{key.text}`", help)

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        return self.node.key(key) is not None

    def missing(self, key: str, help: str) -> None:
        """Report that a key which must be written is not."""
        if not self.node.incomplete:
            self.findings.add("missing_key", self.node, f"`{key}` is missing", help)

    def problem(self, name: str, key: str, message: str, help: str | None = None) -> None:
        """Report a mistake at the value of a key."""
        self.findings.add(name, self.node.get(key) or self.node, message, help)

    def text(self, key: str, default: str = "") -> str:
        """A text; ``default`` when it is not written."""
        node = self.node.get(key)
        scalar = None if node is None else self._text(node)
        return default if scalar is None else scalar.text

    def scalar(self, key: str) -> Scalar | None:
        """A text with its place; None when it is not written."""
        node = self.node.get(key)
        return None if node is None else self._text(node)

    def one_of(self, key: str, choices: tuple[str, ...], default: str) -> str:
        """One of a few words."""
        scalar = self.scalar(key)
        if scalar is None or scalar.text in choices:
            return default if scalar is None else scalar.text
        message = f"`{scalar.text}` is not a choice for `{key}`"
        self.findings.add("wrong_choice", scalar, message, _cure(scalar.text, choices))
        return default

    def number(self, key: str) -> Decimal:
        """An exact number; zero when it is wrong."""
        node = self.node.get(key)
        number = node.number if isinstance(node, Scalar) else None
        if number is None:
            if node is not None and not self.findings.is_wrong(node):
                self.findings.add(
                    "not_a_number", node, f"`{key}` must be a number", "write it as 0 or 0.5"
                )
            return Decimal(0)
        return Decimal(number)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        node = self.node.get(key)
        if not isinstance(node, Sequence):
            self._wrong_type(node, f"`{key}` must be a list", "write it as [one, two]")
            return ()
        read = [self._text(item) for item in node]
        return tuple(scalar.text for scalar in read if scalar is not None)

    def pairs(self, key: str) -> tuple[tuple[Scalar, Scalar], ...]:
        """The entries of a map of texts under a key; empty when it is not written."""
        section = self.section(key)
        if section is None:
            return ()
        read = [(name, self._text(node)) for name, node in section.node]
        return tuple((name, scalar) for name, scalar in read if scalar is not None)

    def section(self, key: str) -> Section | None:
        """The map under a key; None when it is not written."""
        node = self.node.get(key)
        if isinstance(node, Mapping):
            return Section(node, self.findings)
        self._wrong_type(node, f"`{key}` must be a map", "write its keys indented below it")
        return None

    def sections(self, key: str) -> tuple[Section, ...]:
        """The maps of a list under a key; empty when it is not written."""
        node = self.node.get(key)
        if not isinstance(node, Sequence):
            self._wrong_type(node, f"`{key}` must be a list", "begin each entry with `- `")
            return ()
        for item in node:
            if not isinstance(item, Mapping):
                self._wrong_type(
                    item, f"an entry of `{key}` must be a map", "write it as {key: value}"
                )
        return tuple(Section(item, self.findings) for item in node if isinstance(item, Mapping))

    def _text(self, node: Node) -> Scalar | None:
        if not isinstance(node, Scalar):
            self._wrong_type(node, "expected a text here", "write one word or text")
            return None
        if isinstance(node.value, str):
            return None if node.broken else node
        if not self.findings.is_wrong(node):
            message = f"`{node.text}` is not a text"
            self.findings.add("unquoted_text", node, message, f'quote it: "{node.text}"')
        return None

    def _wrong_type(self, node: Node | None, message: str, help: str) -> None:
        if node is not None and not self.findings.is_wrong(node):
            self.findings.add("wrong_type", node, message, help)


def _cure(written: str, choices: tuple[str, ...]) -> str:
    return did_you_mean(written, choices) if len(choices) > 5 else choice(choices)
