"""Everything the hub keeps: tables, and one module a family of queries."""
