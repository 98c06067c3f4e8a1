"""A plan: a grouping with the level of every service, measured."""
