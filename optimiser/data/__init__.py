"""Reading, checking and building datasets."""
