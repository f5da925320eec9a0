"""The gate of the embedded AWS: only requests that are signed with its own credentials pass.

Whoever runs programs on this machine, or shows a web page in its browser, can reach a port of it.
AWS's own way of telling who asks is the one that every client speaks already, so it is checked here
as AWS checks it. Nothing in here knows of moto.
"""
