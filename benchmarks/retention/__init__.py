"""Forgetting, measured: purges, closings, trims and plans, each against what a fair engineer would do instead."""
