"""Datasets from other files: NHS England's extracts, boundary files, other sets of ICBs."""
