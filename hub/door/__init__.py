"""The door for who has only files: sheets are brought, looked at and applied; what is new is taken away as a sheet."""
