"""Numbers for Prometheus: what this process counted, and what stands in the store when it is asked. No value of a record, no
person; a connection's name is the only label that belongs to a member."""
