"""Measures what a command takes by itself, whatever else the machine has to do.

A promise in milliseconds is about the product: how much it computes, and how long it waits for its
disk, its engine or the network. How long it stands in the queue for a processor is the machine's
affair, and beside two busy compilers that alone is hundreds of milliseconds. The kernel counts
that time for each thread (the second number of `schedstat`), so it can be taken off. On a quiet
machine nothing is taken off, and the check is as strict as a clock.
"""

import os
import select
import threading
import time
from pathlib import Path


class Stopwatch:
    """Measures from its creation to `stop`, less the time without a processor."""

    def __init__(self, helper=None):
        """`helper` is the process that works for the command: the agent behind `syncmail`."""
        self._helper = helper
        self._before = self._so_far()
        self._started = time.monotonic()

    def stop(self, child):
        """What `child` took, after it has ended and before it is waited for."""
        seconds = time.monotonic() - self._started
        ran, queued = (after - before for after, before in zip(self._so_far(), self._before))
        child_ran, child_queued = processor_seconds(f"/proc/{child.pid}")
        # Threads of the helper that queue side by side are taken off twice: the time for which
        # processors worked is always counted.
        return max(seconds - queued - child_queued, ran + child_ran)

    def _so_far(self):
        own = processor_seconds(f"/proc/self/task/{threading.get_native_id()}")
        helpers = [processor_seconds(task) for task in _tasks(self._helper)]
        return sum(ran for ran, _ in helpers), own[1] + sum(queued for _, queued in helpers)


class Story:
    """Measures what several programs take together, less what one of their threads queued.

    Side by side they queue for longer; the longest queue of one thread is what is certain.
    """

    def __init__(self, processes):
        self._processes = processes
        self._before = self._queues()
        self._started = time.monotonic()

    def seconds(self):
        """From the beginning until now, by the wall, and less the longest queue."""
        seconds = time.monotonic() - self._started
        longest = max((queued - self._before.get(task, 0.0)
                       for task, queued in self._queues().items()), default=0.0)
        return seconds, max(seconds - longest, 0.0)

    def _queues(self):
        return {task: processor_seconds(task)[1]
                for process in self._processes for task in _tasks(process)}


def wait_for_end(child, seconds):
    """Waits until a process has ended, and leaves what the kernel knows of it.

    False: it has not ended in time.
    """
    descriptor = os.pidfd_open(child.pid)
    try:
        ended = select.poll()
        ended.register(descriptor, select.POLLIN)
        return bool(ended.poll(seconds * 1000))
    finally:
        os.close(descriptor)


def processor_seconds(folder):
    """For how long a thread has had a processor, and for how long it was ready and had none."""
    try:
        ran, queued, _ = Path(folder, "schedstat").read_text().split()
        return int(ran) / 1e9, int(queued) / 1e9
    except (OSError, ValueError):
        # It has ended, or the kernel does not count: then nothing is taken off.
        return 0.0, 0.0


def _tasks(pid):
    try:
        return list(Path(f"/proc/{pid}/task").iterdir()) if pid else []
    except OSError:
        return []
