"""What is wrong with tables and scenarios, as lists of faults."""
