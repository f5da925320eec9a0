"""The two handlers of the 2021 article, to the letter: they must run unchanged."""
