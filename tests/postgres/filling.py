"""Books until the disk of a PostgreSQL server is full, and tells the same as `tests.ledger.filling`.

A program of its own: ``python -m tests.postgres.filling FOLDER``, where the folder is on a small disk of its
own, in which the tables are kept; with ``told`` behind it where there is no such disk, and the server says so
by a trigger.
"""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg

from loyalty_rules.ledger.drivers.postgres import PostgresStore
from tests.ledger.filling import tell
from tests.postgres.server import Server

SPARE_BYTES = 800_000

FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF (SELECT count(*) FROM loyalty_entries) >= 150 THEN
    RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full';
  END IF; RETURN NEW;
END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON loyalty_entries FOR EACH ROW EXECUTE FUNCTION full_disk()
"""


def main() -> None:
    """Fill the disk of a server of our own."""
    folder, has_disk = Path(sys.argv[1]), sys.argv[2:] != ["told"]
    spare = folder / "spare"
    with Server() as server, psycopg.connect(server.url(), autocommit=True) as shop:
        if has_disk:
            folder.chmod(0o755)
            place = folder / "space"
            place.mkdir()
            server._given(place)
            shop.execute(f"CREATE TABLESPACE small LOCATION '{place}'".encode())
            shop.execute("ALTER DATABASE postgres SET default_tablespace = small")
            spare.write_bytes(b"." * SPARE_BYTES)
        store = PostgresStore(server.url())
        if has_disk:
            tell(store, server.url(), spare.unlink)
            return
        shop.execute(FULL)
        tell(
            store,
            server.url(),
            lambda: shop.execute("DROP TRIGGER full_disk ON loyalty_entries"),
        )


if __name__ == "__main__":
    main()
