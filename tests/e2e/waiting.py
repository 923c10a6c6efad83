"""Waiting for a condition, with a limit."""

import time


def until(condition, seconds=20, what='the condition'):
    """Calls `condition` until it gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f'waited {seconds} s in vain for {what}')
        time.sleep(0.02)
