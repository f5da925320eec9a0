"""The business code of this app: how many records there are, and what to do with each."""
