"""Keeping a hub running: backups, and what a restored one must not do."""
