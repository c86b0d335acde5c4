"""What the hub's work costs, beside its floor and its peers."""

import sys

# Development tools bring rich along, structlog takes it where it is, and it weighs 9 MB: no hub in production has it.
sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
