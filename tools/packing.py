"""How the assets are packed."""
import lzma

# Numbers of two bytes, in threes.
FILTERS = [{"id": lzma.FILTER_DELTA, "dist": 6},
           {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 4 << 20}]


def packed(data):
    return lzma.compress(data, filters=FILTERS)
