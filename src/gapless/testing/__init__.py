"""Published test suites: subclass the contract of a part to test your own implementation of it."""
