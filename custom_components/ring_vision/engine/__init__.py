"""The engine: a file and a gallery in, who and what was there out.

It knows nothing of Home Assistant and runs as a child process (see `client.py`).
"""
