#!/usr/bin/python3
"""The lab: the whole product against real servers and a real firewall, step by step.

    lab.py [--step N] [--keep] [--build-dir DIR] [--loopback]    the story of the product
    lab.py --self-test [--keep]                                  proves the lab itself

Exit 0 only when every check passed. What it made is removed in the end, also after a failure.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path

from checks import Checks
from commands import LabError

ROOT = Path(__file__).resolve().parent.parent.parent


def arguments():
    parser = argparse.ArgumentParser(description="The lab of syncmail.")
    parser.add_argument("--step", type=int, help="stop after this step")
    parser.add_argument("--keep", action="store_true", help="keep the folder to look at")
    parser.add_argument("--build-dir", type=Path, default=ROOT / ".build" / "debug")
    parser.add_argument("--loopback", action="store_true", help="as without root")
    parser.add_argument("--self-test", action="store_true", help="prove the lab itself")
    return parser.parse_args()


def end(number, _):
    """Lets `finally` run: a signal becomes an exception."""
    raise SystemExit(128 + number)


def main():
    if sys.argv[1:2] == ["--client"]:
        import selftest
        return selftest.client(sys.argv[2:])
    options = arguments()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, end)
    # Other users enter it: the mail server's parts run as users of their own.
    folder = Path(tempfile.mkdtemp(prefix=f"syncmail-lab-{os.getpid()}-"))
    folder.chmod(0o755)
    checks = Checks()
    try:
        if options.self_test:
            import selftest
            selftest.run_self_test(folder, checks)
        else:
            import story
            story.run(folder, checks, options)
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


if __name__ == "__main__":
    sys.exit(main())
