"""Telling people what needs them: once when it begins, once when it is over, and never again while nothing changed."""
