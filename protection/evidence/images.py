import io
import warnings
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from protection.evidence.errors import EvidenceBrokenError, EvidenceTooDetailedError

MOST_PIXELS = 40_000_000
"""A letter-size page at 600 dots per inch has 34 million."""
MOST_PAGES = 50
_SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90},
    "PNG": {},
    "TIFF": {"compression": "tiff_adobe_deflate", "save_all": True},
}
_UNREADABLE = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, KeyError, OverflowError)


def clean_image(content: bytes, format_name: str) -> bytes:
    """Return an image drawn anew from its pixels in the same format: upright, without EXIF, comments or thumbnails.

    `format_name` is Pillow's: JPEG, PNG or TIFF, whose pages are all kept. The size is judged before any pixel is
    decoded. Raises EvidenceBrokenError, EvidenceTooDetailedError.
    """
    target = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[format_name]) as image:
                _save(image, format_name, target)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError) as error:
        raise EvidenceTooDetailedError from error
    except _UNREADABLE as error:
        raise EvidenceBrokenError from error
    return target.getvalue()


def _save(image: Image.Image, format_name: str, target: io.BytesIO) -> None:
    _require_modest(image)
    pages = _pages(image) if format_name == "TIFF" else iter([_redrawn(image)])
    first = next(pages)
    options = dict(_SAVE_OPTIONS[format_name])
    if format_name == "TIFF":
        options["append_images"] = pages
    first.save(target, format=format_name, **options)


def _pages(image: Image.Image) -> Iterator[Image.Image]:
    for number, page in enumerate(ImageSequence.Iterator(image), start=1):
        if number > MOST_PAGES:
            raise EvidenceTooDetailedError
        _require_modest(page)
        yield _redrawn(page)


def _require_modest(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise EvidenceTooDetailedError


def _redrawn(image: Image.Image) -> Image.Image:
    """Return a new image with the same pixels on white, and nothing but pixels."""
    image.load()
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        layer = upright.convert("RGBA")
        paper = Image.new("RGB", upright.size, "white")
        paper.paste(layer, mask=layer)
        return paper
    mode = upright.mode if upright.mode in {"1", "L"} else "RGB"
    clean = Image.new(mode, upright.size)
    clean.paste(upright.convert(mode))
    return clean
