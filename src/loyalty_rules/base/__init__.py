"""Ground floor: exact numbers, periods, diagnostics. Standard library only, knows nothing of rules."""
