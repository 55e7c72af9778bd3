"""The command line: one command per file, each calling the verb of the same name."""
