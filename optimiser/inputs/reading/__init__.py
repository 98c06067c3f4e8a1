"""From files to clean frames, every fault told at once."""
