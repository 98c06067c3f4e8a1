"""Footprints that are too many to list: priced one by one in compiled code."""
