"""PostgreSQL and Redis that the portal starts for itself when it is given no servers.

A server lives while at least one process uses it: every using process holds a shared lock beside the data, and a
detached watcher stops the server once the last of them is gone, however it ended. See `lifecycle`.
"""
