"""SQL texts: pure functions from declarations and dates to statements in DuckDB's dialect."""
