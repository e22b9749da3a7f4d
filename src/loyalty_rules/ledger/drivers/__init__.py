"""Drivers: short loops that run the ledger's statements on a store, and nothing else."""
