"""Candidate footprints: listing them, the rules of one footprint, and what each measures."""
