"""Reads a file into memory, closes it and stays: `keep-read.py FILE`."""
import sys
import time

with open(sys.argv[1], "rb") as weights:
    kept = weights.read()
print("held", flush=True)
time.sleep(3600)
