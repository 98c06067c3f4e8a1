"""The set-partitioning relaxation: its rows, and the bound by pricing every candidate."""
