"""The rule model and the reference evaluator: plain, pure, obviously right. Standard library only."""
