"""Names the steps of the story and runs them in order."""

from checks import Failed
from commands import LabError

_STEPS = {}


def step(number, sentence):
    """Marks a function as a numbered step: it takes the world and the checks."""
    def mark(function):
        _STEPS[number] = (sentence, function)
        return function
    return mark


def run_steps(world, checks, last=None):
    """Runs the steps in order. One that breaks ends the story, and the rest count as failed."""
    for number in sorted(_STEPS):
        if last is not None and number > last:
            return
        sentence, function = _STEPS[number]
        checks.heading(f"{number}. {sentence}")
        try:
            function(world, checks)
        except Failed:
            break
        except LabError as error:
            checks.broken(str(error))
            break
    else:
        return
    for later in sorted(_STEPS):
        if later > number and (last is None or later <= last):
            checks.broken(f"step {later} was not reached: {_STEPS[later][0]}")
