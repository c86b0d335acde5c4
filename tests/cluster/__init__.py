"""Many processes over one PostgreSQL, any of them killed at any time. ``python -m tests.cluster`` is the long form."""
