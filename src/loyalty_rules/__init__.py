"""An exact, explainable loyalty rules engine."""
