"""Waits for conditions, never for a fixed time."""

import time

POLL_SECONDS = 0.05


def wait_until(condition, seconds):
    """Asks again and again until the condition holds; returns its value, or None in the end."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            return None
        time.sleep(POLL_SECONDS)
