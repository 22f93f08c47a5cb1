"""Code lists of ESPI 4.0 (NAESB REQ.21). All are open: an unlisted number is kept, with a finding."""

from __future__ import annotations

ACCUMULATION = frozenset({0, 1, 2, 3, 4, 6, 9, 10, 12, 13, 14})
COMMODITY = frozenset(range(27))
CURRENCY = frozenset({0, 36, 124, 156, 208, 356, 392, 578, 643, 752, 756, 826, 840, 978})
DATA_QUALIFIER = frozenset({0, 2, 4, 5, 7, 8, 9, 11, 12, 16, 17, 23, 24, 25, 26})
FLOW_DIRECTION = frozenset(range(22)) - {6}
ITEM = frozenset(range(1, 11))
MEASUREMENT = frozenset({*range(61), 64, 81, *range(90, 156)}) - {1, 29, 30, 39}
MEASURING_PERIOD = frozenset({*range(8), 10, 14, 15, 16, 31, *range(50, 78)})
MULTIPLIER = frozenset({-12, -9, -6, -3, -2, -1, 0, 1, 2, 3, 6, 9, 12})
PHASE = frozenset(
    {0, 16, 17, 32, 33, 40, 41, 64, 65, 66, 72, 96, 97, 128, 129, 132, 136, 193, 224, 225, 256, 272, 512, 528}
    | {768, 769, 784}
)
QUALITY = frozenset({0, *range(7, 20)})
SERVICE = frozenset(range(10))
TIME_OF_INTEREST = frozenset({0, 8, 11, 13, 22, 24, 32})
UNIT = frozenset(
    {0, *range(2, 12), *range(21, 55), 61, 63, *range(65, 83), *range(100, 121)}
    | {123, *range(125, 135), *range(137, 170)}
) - {26, 40, 52, 110, 112}

USD = 840
THERM = 169
WATT_HOUR = 72
FORWARD = 1
REVERSE = 19
