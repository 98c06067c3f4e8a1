"""Importing NHS England's monthly extracts (RTT and DM01) as the flows of a dataset."""
