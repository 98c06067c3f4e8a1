"""A dataset as one Excel workbook: a sheet for each table, ``about`` and ``scenario`` beside them."""
