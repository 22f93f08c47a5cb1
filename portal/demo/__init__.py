"""Demo data: plausible, deterministic and plainly fictitious. Used by `make run` and by nothing else."""
