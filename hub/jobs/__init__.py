"""When a connection syncs, and who may do it: clock, lease, workers."""
