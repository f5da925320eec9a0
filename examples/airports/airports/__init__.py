"""The business code: count the airports, and find the nearest of each."""
