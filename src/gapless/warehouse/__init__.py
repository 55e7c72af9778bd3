"""Warehouses: where the data lives. Each translates its own driver's errors."""
