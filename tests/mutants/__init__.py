"""Mistakes that somebody could make in the engine, each applied to a copy of it: the proofs must notice."""
