"""The application: store, sync, jobs, web, command line."""
