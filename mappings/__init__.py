"""System profiles and the small language that reads them and runs them both ways."""
