"""The options that put the processes of a scene on GPUs of their own, as a shell takes them."""

import shlex
from collections import Counter

from tb_contention.diagnose.scene import Scene


def gpu_options(scene: Scene) -> tuple[str, ...]:
    """Return one `--gpu SESSION:ORDINAL=NAME` for each process of the device, by its name where that is unique, else by its id."""
    processes = [each for each in scene.aligned.sessions if each.process is None]
    names = Counter(each.name for each in processes)
    taken = {each.process or each.id: each for each in map(scene.aligned.session, scene.device.sessions)}
    made = []
    for number, (process, session) in enumerate(taken.items(), 1):
        ordinals = [
            session.trace.devices[plane.device].ordinal
            for plane in scene.device.group.planes
            if plane.session == session.id
        ]
        name = next((each.name for each in processes if each.id == process and names[each.name] == 1), process)
        made.append(f"--gpu {shlex.quote(f'{name}:{ordinals[0]}=gpu{number}')}")
    return tuple(made)
