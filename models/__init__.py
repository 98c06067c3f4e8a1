"""The maths: the decision model in Pyomo, readable beside FORMULATION.md. Never imports optimiser."""
