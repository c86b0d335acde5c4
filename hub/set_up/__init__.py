"""Setting connections up: what is asked, what is tried, what is written into the configuration."""
