"""The vocabulary as other standards say it: pure projections, one standard a module."""
