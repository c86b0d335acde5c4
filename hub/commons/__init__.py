"""What members do together: who sees what, and what counts."""
