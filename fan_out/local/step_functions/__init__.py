"""Step Functions: what a state machine's definition says, and what becomes of its executions.

A whitelist: what a definition may say is what behaves here as in AWS, everything else is refused
when the machine is created. No clock, no network and no thread of its own: time, Lambda and other
executions are a ``World`` that comes in from outside, so that a machine runs in a test as it runs
in the embedded AWS.
"""
