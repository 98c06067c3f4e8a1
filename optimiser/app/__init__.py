"""The what-if page on this machine: a map on which ICBs are moved, and every measure at once."""
