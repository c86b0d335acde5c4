"""People of members: who may sign in, which roles they have and may give, and how they are invited."""
