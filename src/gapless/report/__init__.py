"""Reports: what a verb returns, as text for people."""
