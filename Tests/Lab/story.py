"""Runs the story of the product: seven steps, each a set of checks that can fail."""

import hosts
import step_conflict
import step_evidence
import step_offline
import step_takeover
from canary import ProcessWatch
from steps import run_steps
from world import World

# The modules register their steps when they are imported.
PARTS = (step_offline, step_conflict, step_takeover, step_evidence)


def run(folder, checks, options):
    """Builds the company, tells the story, and removes everything."""
    use_loopback = options.loopback or not hosts.can_make_namespaces()
    if use_loopback and not options.loopback:
        checks.note("network namespaces cannot be made here: they need root, ip and nft")
    world = World(folder, options.build_dir, use_loopback)
    checks.note(f"the lab stands on {world.network.description}")
    try:
        with ProcessWatch(world.canaries) as world.watch:
            world.start()
            checks.heading("0. The company: a hub, three devices, two users, three accounts")
            world.found_company()
            checks.expect("it is set up", True)
            run_steps(world, checks, options.step)
    finally:
        world.close()
