"""One file per revision; each states its tables in full and never changes once released."""
