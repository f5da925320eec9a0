"""What of the user's own code goes into a function's zip, found without importing any of it."""
