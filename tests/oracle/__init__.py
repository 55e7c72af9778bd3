"""The NBA tables of nba.md a second time: slow, plain Python, independent of the product's SQL."""
