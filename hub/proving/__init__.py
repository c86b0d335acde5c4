"""``hub prove``: one marked record goes through a system's test tenant, driven by the engine that will do the real work.

A hub of its own with a store that is forgotten: the connection under proof imports what a made-up partner shares from a
sheet. The connection is narrowed to the one record, so nothing else of the tenant can be kept or changed.
"""
