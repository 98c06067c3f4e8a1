"""Many scenarios: resumable, on processes or on Dask."""
