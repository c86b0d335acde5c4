"""Three fictional foundations with stand-in systems, and a hub between them."""
