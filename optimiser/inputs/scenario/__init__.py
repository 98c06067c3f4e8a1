"""A scenario: its settings, and how it is read."""
