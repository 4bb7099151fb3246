#!/usr/bin/python3
"""Makes fixtures/databases/VERSION, when a release has changed the schema.

    make_fixture.py VERSION [--build-dir .build/debug]

Lets the built product found an organisation, rest for a moment (so that a part is moved from the
log into the main file), add a user and queue two mails; then the engine is killed, and what it left
on the disk becomes the fixture, with its keys. Refuses to touch one that exists: they never change.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ("replica.db", "replica.db-wal", "replica.db.keys", "machine.key")
# The engine moves the log into the main file when nobody has asked for anything for so long.
REST_SECONDS = 4
SECONDS = 60


def engine(build, home):
    """The process that keeps the home, found by its arguments or environment."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            program = (folder / "exe").resolve()
            surroundings = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if program == (build / "syncmail-agent") and str(home).encode() in surroundings:
            return int(folder.name)
    sys.exit("The engine does not run.")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("version", type=int)
    parser.add_argument("--build-dir", type=Path, default=ROOT / ".build" / "debug")
    options = parser.parse_args()
    build = options.build_dir.resolve()
    target = ROOT / "fixtures" / "databases" / str(options.version)
    if target.exists():
        sys.exit(f"{target} exists, and a fixture never changes.")
    with tempfile.TemporaryDirectory(prefix="syncmail-fixture-") as place:
        home = Path(place) / "home"
        environment = {
            "PATH": f"{build}:/usr/bin:/bin", "HOME": place, "SYNCMAIL_HOME": str(home),
            "LANG": "es_MX.UTF-8", "SWIFT_BACKTRACE": "enable=no"}

        def run(*words, text=None):
            done = subprocess.run([build / "syncmail", *words], env=environment, input=text,
                                  text=True, timeout=SECONDS, capture_output=True)
            if done.returncode != 0:
                sys.exit(f"syncmail {words[0]} ended with {done.returncode}: {done.stderr}")
            return done.stdout

        run("init", "--org", "Ferretería Ejemplo", "--branch", "matriz", "--name", "fixture")
        time.sleep(REST_SECONDS)
        run("user", "add", "juan", "--name", "Juan Pérez", "--email", "juan@example.com",
            "--bind", str(os.getuid()))
        for number in (1, 2):
            run("send", "--as", "juan", "--to", "cliente@example.net", "--subject",
                f"Cotización {number}", "--body-file", "-",
                text="Estimado cliente: adjuntamos la cotización.\n")
        os.kill(engine(build, home), signal.SIGKILL)
        target.mkdir(parents=True)
        for name in FILES:
            shutil.copyfile(home / name, target / name)
    subprocess.run([sys.executable, ROOT / "Tests" / "FileFormat" / "read_replica.py", target,
                    "--write"], check=True)
    print(json.loads((target / "contents.json").read_text())["schema"])


if __name__ == "__main__":
    main()
