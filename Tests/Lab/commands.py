"""Runs the programs the lab stands on, with errors that say what was attempted."""

import subprocess


class LabError(Exception):
    """Something the lab itself needs did not work; the product is not to blame."""


def run(argv, input_text=None, timeout=60):
    """Runs a program that must succeed, and returns what it wrote on standard output."""
    try:
        done = subprocess.run(
            [str(word) for word in argv], input=input_text, text=True, timeout=timeout,
            capture_output=True, check=False)
    except FileNotFoundError as error:
        raise LabError(f"{argv[0]} is not installed; scripts/setup installs it") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"'{' '.join(map(str, argv))}' took more than {timeout} s") from error
    if done.returncode != 0:
        words = " ".join(map(str, argv))
        raise LabError(f"'{words}' exited with {done.returncode}: {done.stderr.strip()}")
    return done.stdout
