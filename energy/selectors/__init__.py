from energy.selectors.windows import PARTITIONED, months_before, not_before

__all__ = ["PARTITIONED", "months_before", "not_before"]
