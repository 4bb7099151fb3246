"""The frame of each lab: its options, a folder of its own, and one verdict at the end."""

import argparse
import os
import shutil
import signal
import tempfile
import traceback
from pathlib import Path

from checks import Checks, Failed
from commands import LabError

ROOT = Path(__file__).resolve().parent.parent.parent


def parser(description):
    """The options that all labs have."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--keep", action="store_true", help="keep the folder to look at")
    made.add_argument("--build-dir", type=Path, default=ROOT / ".build" / "debug")
    return made


def run(name, options, body):
    """Calls `body(folder, checks)`, removes the folder, and returns the exit status.

    A signal ends the body as an exception does, so that its `finally` runs, too.
    """
    let_signals_end()
    # Other users enter it: the mail server's parts run as users of their own.
    folder = Path(tempfile.mkdtemp(prefix=f"syncmail-{name}-{os.getpid()}-"))
    folder.chmod(0o755)
    checks = Checks()
    try:
        body(folder, checks)
    except Failed:
        pass
    except LabError as error:
        checks.broken(f"the lab itself: {error}")
    except Exception:  # pylint: disable=broad-except
        checks.broken(f"the lab itself broke:\n{traceback.format_exc()}")
    finally:
        if options.keep:
            checks.note(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return checks.closing_line()


def let_signals_end():
    """Makes an exception of each signal that ends a program."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _end)


def _end(number, _):
    raise SystemExit(128 + number)
