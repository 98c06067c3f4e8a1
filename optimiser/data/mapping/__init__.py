"""Other maps: neighbours from boundary files, and carrying data between sets of ICBs."""
