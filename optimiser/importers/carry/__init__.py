"""Carrying datasets and plans from one set of ICBs to another."""
