"""Run the whole portal from one terminal: servers, migrations, demo data, web, workers and beat.

`make run` calls `python -m portal.supervisor`. Each child runs in a session of its own under its own database role.
Ctrl-C stops them in order; when the supervisor itself is killed, the kernel (Linux) and a small guard process end them
within seconds, and the embedded servers go with their last user. Production uses a process manager instead: see
docs/operations.md.
"""
