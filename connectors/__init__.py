"""One folder a grants system. Raw records only; no commons vocabulary here."""
