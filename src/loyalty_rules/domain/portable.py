"""Frozen values that may be copied and pickled, although the mappings that they hold are read-only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Portable:
    """A frozen dataclass that ``pickle`` and ``copy`` take apart and put together again: what it was made of,
    and nothing that it remembers beside."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        parts = (_plain(getattr(self, one.name)) for one in fields(self) if one.init)
        return _restored, (type(self), *parts)


def _restored(kind: Callable[..., object], *parts: object) -> object:
    return kind(*(_frozen(part) for part in parts))


def _plain(value: object) -> object:
    if isinstance(value, MappingProxyType):
        return {key: _plain(one) for key, one in value.items()}
    return tuple(_plain(one) for one in value) if isinstance(value, tuple) else value


def _frozen(value: object) -> object:
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(one) for key, one in value.items()})
    return tuple(_frozen(one) for one in value) if isinstance(value, tuple) else value
