"""The kit for connectors: what every one of them must keep, run against its stand-in system."""
