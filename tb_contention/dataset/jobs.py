"""A session -> the words that labels are searched in, its labels, and the name of its job.

Names stay from one recording to the next and whoever ran beside: they hold no process id, no time, and nothing that is only as long as it
must be to tell the sessions of one report apart.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from tb_contention.errors import OptionError
from tb_contention.model.capture import CaptureFile, Container, without_port
from tb_contention.model.manifest import ManifestSession

#: What a pattern is searched in, in this order, unless it names one of them.
FIELDS = {
    "id": "the session's id RUN/HOST",
    "run": "the run's directory, without the one that is named by its time",
    "name": "the name in the manifest",
    "pod": "the Kubernetes pod",
    "namespace": "its namespace",
    "container": "the id of the container",
    "node": "the Kubernetes node",
    "host": "the host",
}
#: A process id at the end of a name, where the capture does not state which it is.
_PROCESS = re.compile(r"[-_.]\d{3,}$")
#: PyTorch names files `<worker>.<time of writing>.pt.trace.json`.
_WRITTEN_AT = re.compile(r"\.\d{10,20}$")
#: A second run of one name.
_AGAIN = re.compile(r"~\d+$")
#: What Kubernetes generates at the end of a pod's name, in letters without vowels: of a ReplicaSet or a CronJob, then of the pod.
_GENERATED = re.compile(r"(-(\d{8,10}|[bcdfghjklmnpqrstvwxz2456789]{8,10}))?-[bcdfghjklmnpqrstvwxz2456789]{5}$")
_FIELD = re.compile(r"([a-z]+):(.*)", re.DOTALL)
#: In the directory of a capture, below the run.
_DATED = "/plugins/profile/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """What names the owner of a session. id: the session's; process_id: None where nothing states it."""

    id: str
    file: CaptureFile
    host: str
    process_id: int | None
    manifest: ManifestSession | None

    @property
    def words(self) -> dict[str, str]:
        """Return what labels are searched in, by `FIELDS`; only what is known."""
        stated = self.manifest or ManifestSession()
        found = {
            "id": self.id, "run": run_of(self.file), "name": stated.name, "pod": stated.pod, "namespace": stated.namespace,
            "container": stated.container, "node": stated.node, "host": self.host,
        }  # fmt: skip
        return {field: word for field in FIELDS if (word := found[field])}


def labels_of(whose: Whose, labels: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the labels of a session whose patterns are found, each in the first word that fits."""
    words, made = whose.words, {}
    for name, pattern in labels:
        field, regex = pattern_of(pattern)
        for word in words.values() if field is None else filter(None, (words.get(field),)):
            found = regex.search(word)
            if found is not None:
                made[name] = _value(found, name)
                break
    return made


@cache
def pattern_of(pattern: str) -> tuple[str | None, "re.Pattern[str]"]:
    """Read `[FIELD:]REGEX`. Raises OptionError for a field that does not exist, and for what is no regular expression."""
    named = _FIELD.match(pattern)
    if named is not None and named[1] not in FIELDS:
        raise OptionError(
            f"--label: {pattern[:64]!r} begins with {named[1]}:, which is no field of a session.",
            slug="bad-option",
            advice=f"Use one of {', '.join(FIELDS)}; write (?:{named[1]}): to search for that text itself.",
        )
    field, regex = (named[1], named[2]) if named is not None else (None, pattern)
    try:
        return field, re.compile(regex)
    except re.error as error:
        raise OptionError(
            f"--label: {regex[:64]!r} is not a regular expression: {error}.",
            slug="bad-option",
            advice=r"Write it like 'team=^([^/]+)/' or 'job=pod:^(.+)-\d+$'.",
        ) from None


def _value(found: "re.Match[str]", name: str) -> str:
    """Return the group that is called like the label, else the first one that took part, else all that fits."""
    groups = found.groupdict()
    if groups.get(name) is not None:
        return groups[name] or ""
    return next((group for group in found.groups() if group is not None), "" if found.re.groups else found[0])


def job_of(whose: Whose, labels: Mapping[str, str]) -> str:
    """Name the job of a session: by the label `job`, else by namespace and pod, else by its run, of which ids of processes are no part."""
    if labels.get("job"):
        return labels["job"]
    _, mark, inside = whose.id.removeprefix(whose.file.id).partition("#")
    return f"{_by_pod(whose.manifest) or _by_run(whose)}{mark}{inside}" or whose.id


def _by_pod(stated: ManifestSession | None) -> str:
    """Name a process by its namespace and pod; "" outside one."""
    if stated is None or not stated.pod:
        return ""
    return "/".join(filter(None, (stated.namespace, _ungenerated(stated.pod))))


def run_of(file: CaptureFile) -> str:
    """Return the run of a file without the directory that is named by the time of a recording."""
    run = _AGAIN.sub("", file.run)
    return run.rpartition("/")[0] if _DATED in f"/{file.relative}" else run


def _by_run(whose: Whose) -> str:
    """Name a process by its run, and what names it there: the manifest, the file's name for its worker, the program of a report."""
    file, stated = whose.file, whose.manifest
    folders = [level for level in run_of(file).split("/") if level]
    part = _without_process(whose.id.removeprefix(file.id).partition("#")[0].lstrip("/"), whose.process_id)
    if stated is not None and stated.name:
        levels = [*folders[: -1 if folders[-1:] == [stated.name] else None], stated.name]
    elif file.container in (Container.KINETO, Container.KINETO_GZIP):
        worker = _without_process(_WRITTEN_AT.sub("", file.host), whose.process_id)
        # The usual name of a worker says on which host it ran, not what.
        levels = folders if folders and worker == whose.host else [*folders, _ungenerated(worker)]
    elif file.container is Container.NSIGHT:
        levels = [*folders, file.host]
    else:
        levels = folders or [_ungenerated(without_port(file.host))]
    return "/".join([*levels, part] if part else levels)


def _without_process(name: str, process_id: int | None) -> str:
    """Leave a process id at the end of a name out; a number that is known to be another one stays."""
    if process_id is None:
        return _PROCESS.sub("", name) or name
    return re.sub(rf"[-_.]0*{process_id}$", "", name) or name


def _ungenerated(pod: str) -> str:
    return _GENERATED.sub("", pod) or pod
