"""Figures in Spanish as in the United States, where our readers live (CLDR es_US), not as in Spain."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
