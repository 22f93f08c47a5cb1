from rights.models.corrections import Correction
from rights.models.events import CaseEvent
from rights.models.requests import RightsRequest

__all__ = ["CaseEvent", "Correction", "RightsRequest"]
