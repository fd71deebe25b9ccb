"""Speed, run by hand: ``python -m benchmarks`` prints a table; nothing here is part of the tests."""
