"""`python -m tests.torture.again SEED [OPERATIONS]`: plays a seed again, and tells
where the ledger and the plain model part."""

from __future__ import annotations

import sys

from tests.torture.side_by_side import torture

if __name__ == "__main__":
    seed, operations = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2_000
    failure = torture(seed, operations)
    print(
        f"seed {seed}: nothing in {operations} operations" if failure is None else failure.shrunk()
    )
    sys.exit(failure is not None)
