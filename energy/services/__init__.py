from energy.services.months import ensure_months, ensure_window

__all__ = ["ensure_months", "ensure_window"]
