"""Maps a file into memory and stays: `hold-mapped.py FILE [unlink]`. `memfd FILE`: a nameless copy."""
import mmap
import os
import sys
import time

if sys.argv[1] == "memfd":
    held = os.memfd_create("cache")
    with open(sys.argv[2], "rb") as weights:
        os.write(held, weights.read())
else:
    with open(sys.argv[1], "rb") as weights:
        held = mmap.mmap(weights.fileno(), 0, prot=mmap.PROT_READ)
    if "unlink" in sys.argv:
        os.unlink(sys.argv[1])
print("held", flush=True)
time.sleep(3600)
