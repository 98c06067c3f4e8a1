"""Trade-offs between two measures."""
