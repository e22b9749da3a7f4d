"""Shops that hand a connection of theirs to a ledger: one for each way to hold a database."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import django
import psycopg
from django.conf import settings
from django.db import connections, transaction
from sqlalchemy import Connection, create_engine

from loyalty_rules.ledger.schema import METADATA, VERSION_TABLE
from loyalty_rules.service.ledger import open_ledger
from tests.ledger.shop import NOW, RULES
from tests.postgres.shared import new_url

if not settings.configured:
    settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3"}}, USE_TZ=True)
    django.setup()

PATIENCE_SECONDS = 0.2


class Shop(ABC):
    """A table of sales, and transactions around what is written to it."""

    url: str

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Any]:
        """What is handed in, with a transaction open: committed at the end, rolled back on an error."""

    @abstractmethod
    def savepoint(self, handed: Any) -> AbstractContextManager[object]:
        """A savepoint of the shop's: rolled back on an error."""

    @abstractmethod
    def bare(self) -> AbstractContextManager[Any]:
        """What commits every statement by itself."""

    @abstractmethod
    def execute(self, handed: Any, text: str) -> list[tuple[object, ...]]:
        """A statement of the shop's own, in its own way."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything."""

    def open(self) -> None:
        with self.transaction() as handed:
            self.execute(handed, "CREATE TABLE sales (id VARCHAR(40) PRIMARY KEY)")

    def sell(self, handed: Any, sale: str) -> None:
        self.execute(handed, f"INSERT INTO sales VALUES ('{sale}')")

    def sales(self) -> list[object]:
        with self.transaction() as handed:
            return [row[0] for row in self.execute(handed, "SELECT id FROM sales ORDER BY id")]


class AlchemyShop(Shop):
    """By an engine of SQLAlchemy."""

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self.engine = create_engine(url, **options)

    def transaction(self) -> AbstractContextManager[Connection]:
        return self.engine.begin()

    def savepoint(self, handed: Connection) -> AbstractContextManager[object]:
        return handed.begin_nested()

    @contextmanager
    def bare(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    def execute(self, handed: Connection, text: str) -> list[tuple[object, ...]]:
        done = handed.exec_driver_sql(text)
        return [tuple(row) for row in done.fetchall()] if done.returns_rows else []

    def close(self) -> None:
        self.engine.dispose()


class DjangoShop(Shop):
    """By Django's connection, as `django.db.connection` or one of `connections`."""

    def __init__(self, url: str, alias: str = "default", **database: Any) -> None:
        self.url = url
        self.alias = alias
        self.close()
        connections.databases[alias] = connections.configure_settings(
            {"default": {"ENGINE": "django.db.backends.sqlite3", **database}}
        )["default"]

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with transaction.atomic(using=self.alias):
            yield connections[self.alias]

    def savepoint(self, handed: Any) -> AbstractContextManager[object]:
        nested: AbstractContextManager[object] = transaction.atomic(using=self.alias)
        return nested

    @contextmanager
    def bare(self) -> Iterator[Any]:
        yield connections[self.alias]

    def execute(self, handed: Any, text: str) -> list[tuple[object, ...]]:
        with handed.cursor() as cursor:
            cursor.execute(text)
            return list(cursor.fetchall()) if cursor.description else []

    def close(self) -> None:
        if hasattr(connections._connections, self.alias):
            connections[self.alias].close()
            del connections[self.alias]


class RawSqliteShop(Shop):
    """By the sqlite3 module itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"

    def connected(self, **options: Any) -> sqlite3.Connection:
        return sqlite3.connect(self.path, **{"timeout": PATIENCE_SECONDS, **options})

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self.connected()
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    @contextmanager
    def savepoint(self, handed: sqlite3.Connection) -> Iterator[None]:
        handed.execute("SAVEPOINT shop")
        try:
            yield
        except BaseException:
            handed.execute("ROLLBACK TO shop")
            raise
        finally:
            handed.execute("RELEASE shop")

    @contextmanager
    def bare(self) -> Iterator[sqlite3.Connection]:
        connection = self.connected(isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()

    def execute(self, handed: sqlite3.Connection, text: str) -> list[tuple[object, ...]]:
        return list(handed.execute(text).fetchall())

    def close(self) -> None:
        """Each transaction has had a connection of its own."""


class RawPostgresShop(Shop):
    """By psycopg itself."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.address = shops_address(url)

    def connected(self, **options: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(self.address, **options)

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        with self.connected() as connection:
            yield connection

    def savepoint(self, handed: psycopg.Connection[Any]) -> AbstractContextManager[object]:
        return handed.transaction()

    @contextmanager
    def bare(self) -> Iterator[psycopg.Connection[Any]]:
        with self.connected(autocommit=True) as connection:
            yield connection

    def execute(self, handed: psycopg.Connection[Any], text: str) -> list[tuple[object, ...]]:
        done = handed.execute(text.encode())
        return list(done.fetchall()) if done.description else []

    def close(self) -> None:
        """Each transaction has had a connection of its own."""


def shops_address(url: str) -> str:
    """The address of a shop whose tables stand in the schema of a ledger."""
    address, _, schema = url.partition("?schema=")
    return f"{address}?options=-csearch_path%3D{schema}"


@cache
def _shop_file() -> bytes:
    """A database with a table of sales, and a ledger beside it."""
    with TemporaryDirectory() as folder:
        shop = RawSqliteShop(Path(folder) / "shop.db")
        shop.open()
        open_ledger(shop.url, RULES, now=lambda: NOW, beside=True).close()
        return shop.path.read_bytes()


ON_SQLITE = ("sqlalchemy", "django", "sqlite3")
ON_POSTGRES = ("sqlalchemy-psycopg", "django-psycopg", "psycopg")
SHOPS = (*ON_SQLITE, *ON_POSTGRES)


def shop_of(kind: str, folder: Path) -> Shop:
    """A shop of a kind with a new database of its own, in which there is an empty ledger."""
    if kind in ON_POSTGRES:
        return _on_postgres(kind)
    path = folder / "shop.db"
    path.write_bytes(_shop_file())
    if kind == "sqlalchemy":
        return AlchemyShop(f"sqlite:///{path}", connect_args={"timeout": PATIENCE_SECONDS})
    if kind == "django":
        options = {"timeout": PATIENCE_SECONDS}
        return DjangoShop(f"sqlite:///{path}", NAME=str(path), OPTIONS=options)
    assert kind == "sqlite3", kind
    return RawSqliteShop(path)


@cache
def _tables() -> tuple[RawPostgresShop, str]:
    """A schema with a table of sales beside those of a ledger, and the names of those that are filled."""
    shop = RawPostgresShop(new_url())
    open_ledger(shop.url, RULES, now=lambda: NOW).close()
    shop.open()
    return shop, ", ".join(["sales", *(set(METADATA.tables) - {VERSION_TABLE})])


def raw_postgres_shop() -> RawPostgresShop:
    """The plainest of them, emptied, on a server that all tests share."""
    shop, tables = _tables()
    with shop.transaction() as connection:
        shop.execute(connection, f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    return shop


def _on_postgres(kind: str) -> Shop:
    raw = raw_postgres_shop()
    if kind == "sqlalchemy-psycopg":
        shop = AlchemyShop(raw.address.replace("postgresql:", "postgresql+psycopg:"))
        shop.url = raw.url
        return shop
    if kind == "django-psycopg":
        parts: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(raw.address)
        return DjangoShop(
            raw.url,
            ENGINE="django.db.backends.postgresql",
            NAME=parts["dbname"],
            USER=parts["user"],
            PASSWORD=parts["password"],
            HOST=parts["host"],
            PORT=parts["port"],
            OPTIONS={"options": parts["options"]},
        )
    return raw


def raw_shop(folder: Path) -> RawSqliteShop:
    """The plainest of them."""
    shop = shop_of("sqlite3", folder)
    assert isinstance(shop, RawSqliteShop)
    return shop
