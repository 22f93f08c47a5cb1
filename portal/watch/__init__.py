"""The watch: what the portal notices of itself, and whom it tells.

Any living process notices for the others. Each worker's main process signs every half minute and rings for the watch;
beat rings for its own sign; the web process watches when its health is asked for. What does not hold is a row
(`retention.Incident`), so that many who notice the same open one incident and send one mail.
"""
