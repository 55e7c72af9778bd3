"""Rows that outlived their retention, and the backups they are kept in."""
