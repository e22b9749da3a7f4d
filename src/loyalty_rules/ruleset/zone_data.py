"""Time zones from the packaged database, so that every machine decides with the same rules of time."""

from __future__ import annotations

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import tzdata


@cache
def zone_names() -> frozenset[str]:
    """Every zone of the database, such as ``Europe/Berlin``."""
    return frozenset(resources.files(tzdata).joinpath("zones").read_text("utf-8").split())


@cache
def load_zone(name: str) -> ZoneInfo | None:
    """The zone of this name from the packaged database; None when there is none."""
    if name not in zone_names():
        return None
    place = resources.files(tzdata).joinpath("zoneinfo", *name.split("/"))
    with place.open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def database_version() -> str:
    """The version of the database, such as ``2026a``; a plan's digest holds it."""
    return str(tzdata.IANA_VERSION)
