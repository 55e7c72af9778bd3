"""Configuration: where the pipeline, its warehouse and its ledger are; each value knows its origin."""
