"""What a user states about tables: pure, frozen declarations that know no database."""
