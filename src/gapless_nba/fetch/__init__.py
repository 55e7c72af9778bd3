"""Fetches the raw tables from stats.nba.com, for `gapless fetch`.

A response is kept as it came, in `responses`; the other modules read kept responses, one module
for each table, and never ask. Only `service` knows nba_api.
"""
