"""The ``fan-out`` command."""
