"""Proving a connection on a test tenant: one marked record goes the whole way, through the hub's own code."""
