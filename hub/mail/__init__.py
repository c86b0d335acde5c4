"""E-mail: addresses, the settings of the server, and the outbox that is sent by the clock."""
