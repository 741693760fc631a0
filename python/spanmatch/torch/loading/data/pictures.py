"""Pictures in files, of the supported formats and of limited size."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from spanmatch.base.errors import FileError
from spanmatch.base.regular_file import check_regular

if TYPE_CHECKING:
    from PIL.Image import Image

# For other formats Pillow may run programs, such as Ghostscript for PostScript.
FORMATS = ("JPEG", "PNG", "PPM", "BMP", "TIFF", "WEBP")
UNPACKED = 2**24  # pixels that any picture may have
MOST_PACKED = 1000  # pixels of a byte: JPEG of one colour has 400
MAX_PIXELS = 178_956_970  # beyond which Pillow refuses a picture as it is


def check_tree(folder: Path) -> None:
    """Raise FileError if links lead to a folder twice, since they may form a loop."""
    seen: dict[tuple[int, int], str] = {}
    for place, _, _ in os.walk(folder, followlinks=True):
        status = Path(place).stat()
        known = seen.setdefault((status.st_dev, status.st_ino), place)
        if status.st_ino and known != place:
            raise FileError(f"{place} and {known} are one folder, by links: leave one of them out")


def read_picture(path: str, *, side: int) -> Image:
    """Read a picture whose shorter side is to be resized to `side`.

    Raises
    ------
    OSError
        The file cannot be read.
    FileError
        The file is damaged, has another format than JPEG, PNG, PNM, BMP, TIFF and WebP, or the
        picture would be too large.
    """
    import PIL.Image

    check_regular(path)
    try:
        with PIL.Image.open(path, formats=FORMATS) as picture:
            width, height = picture.size
            size = Path(path).stat().st_size
            if width * height > max(UNPACKED, MOST_PACKED * size):
                raise FileError(
                    f"{path} unpacks {size} bytes to {width} × {height} pixels: if you trust it, "
                    "make it smaller"
                )
            if side**2 * max(width, height) > MAX_PIXELS * min(width, height):
                raise FileError(
                    f"{path} has {width} × {height} pixels, and would have too many where the "
                    f"shorter side has {side}: cut it, or leave it out"
                )
            converted: Image = picture.convert("RGB")
            return converted
    except (FileError, MemoryError):
        raise
    # The errors of Pillow for damage are not defined; those of the system have a number.
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        reason = str(error).partition("\n")[0]
        raise FileError(f"{path} is damaged, or no picture: {reason}") from error
