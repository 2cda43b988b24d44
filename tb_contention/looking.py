"""A log directory -> its index: what is asked of it, and the first look. What analyses it is not imported before something is analysed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tb_contention.align import AlignOptions
from tb_contention.cache import TraceCache
from tb_contention.index import Index, Selection, Snapshot
from tb_contention.recorders.common.step_names import checked_steps
from tb_contention.recorders.discover import discover

#: Called with what is going on and how far it is (0..1, or None).
Progress = Callable[[str, "float | None"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to look at a log directory.

    shifts: session id or unique name -> ns to move it by. gpus: (session, CUDA ordinal) -> the user's name of the physical GPU.
    baselines: session -> run that holds the same work captured alone, both as ids, names or patterns, or a path; "" for none.
    find_baselines: use captures alone that are found without being named. spec: TensorBoard's --logdir_spec, instead of a logdir.
    steps: a regular expression that is found in the names of steps, where they are not recognised; "" for what TB_CONTENTION_STEPS
    says. select: which captures of the directory; by default all of a small one, and the groups that deserve a look first of a large one.
    """

    shifts: Mapping[str, int] = field(default_factory=dict)
    gpus: Mapping[tuple[str, int], str] = field(default_factory=dict)
    baselines: Mapping[str, str] = field(default_factory=dict)
    find_baselines: bool = True
    spec: str = ""
    steps: str = ""
    select: Selection = field(default_factory=Selection)


def silent(message: str, fraction: float | None) -> None:
    """Report no progress."""


def arranging(options: Options) -> AlignOptions:
    """Return what the user says of clocks and GPUs."""
    return AlignOptions(shifts=options.shifts, gpus=options.gpus)


def look(
    logdir: str,
    options: Options,
    *,
    cache: TraceCache | None = None,
    progress: Progress | None = None,
    ahead: bool = True,
) -> tuple[Index, Snapshot]:
    """Find the files of a log directory, and skim those that the index does not know. ahead: what a first report compiles is begun."""
    tell = progress or silent
    tell("Looking for captures", None)
    if ahead:
        from tb_contention._warming import help_first_report

        help_first_report()
    index = Index.of(logdir, options.spec, None if cache is None else cache.directory)
    discovery = discover(logdir, spec=options.spec, steps=checked_steps(options.steps))
    return index, index.look(discovery, arranging(options), progress=tell)
