"""Configuration: where pipeline, warehouse and ledger are; each value knows its origin."""
