"""The order of the stages: log directory -> index -> captures that are looked at -> aligned traces -> results -> report.

discover ──> index ──> choose ──> decode ──> align ──> attribute ──> baselines ──> overlap, memory ──────> cost ──> predictions ──> findings
             (sketches) (a group)  (files)    (processes)  (sessions)  (captures    (what a timeline needs)  (each device)
                        and what ran alone                              alone)
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from tb_contention.analysis import Analysis, analyse_decoded
from tb_contention.baselines import Beside, Decode, decoded_beside
from tb_contention.cache import DEFAULT_CACHE, DefaultCache, TraceCache, cached
from tb_contention.errors import OptionError
from tb_contention.index import Alone, Chosen, Index, Snapshot, choose
from tb_contention.index.proposals import Proposals, proposed
from tb_contention.looking import Options, Progress, look, silent
from tb_contention.model.capture import CaptureFile, Decoded, DecodedFile, Discovery
from tb_contention.model.faults import Faults
from tb_contention.model.listing import Listing
from tb_contention.model.report import Report
from tb_contention.model.side_by_side import cores
from tb_contention.recorders.captures import read_captures
from tb_contention.recorders.common.step_names import has_steps_called
from tb_contention.recorders.load import load_parts, read_once
from tb_contention.words.listing import known_answer


def analyse(
    logdir: str | os.PathLike[str],
    *,
    options: Options | None = None,
    cache_dir: str | os.PathLike[str] | DefaultCache | None = DEFAULT_CACHE,
    progress: Progress | None = None,
) -> Report:
    """Find the captures below a log directory, line them up, and report who shared which GPU, when, and with how much memory.

    `cache_dir=None` keeps no cache of decoded traces. Raises LogdirError when the directory cannot be read and OptionError when an
    option names what is not there; bad traces become problems of the report. Several log directories,
    separated by commas, are taken as one.

    options = Options(
        select=Selection(latest=True),              # or group="1f2e3d4c5b", runs=("job7",), hosts=(...,), since_ns=..., everything=True
        baselines={"trainer": "alone/trainer"},     # session -> capture of the same work alone; "" for none
        find_baselines=False,                       # use no other capture as a baseline
        shifts={"trainer": 12_000_000},             # session -> ns to move it by
        gpus={("trainer", 0): "left"},              # (session, CUDA ordinal) -> name of the physical GPU; equal names are one GPU
        steps=r"forward_backward",                  # names of steps, a regular expression; by default those that are recognised
        spec="",                                    # TensorBoard's --logdir_spec, instead of a logdir
    )

    Sessions are named as reports show them, by the end of that name where it is unique, or by id. Without options the whole of a small
    directory is analysed, and of a large one what deserves a look first.
    """
    return analyse_logdir(logdir, options, cache=TraceCache.at(cache_dir), progress=progress).report


def listing(
    logdir: str | os.PathLike[str], *, cache_dir: str | os.PathLike[str] | DefaultCache | None = DEFAULT_CACHE
) -> Listing:
    """List the captures of a log directory and the groups that ran together, without decoding any.

    `cache_dir=None` keeps no index. Raises LogdirError when the directory cannot be read.
    """
    return look(os.fspath(logdir), Options(), cache=TraceCache.at(cache_dir))[1].listing


def analyse_logdir(
    logdir: str | os.PathLike[str],
    options: Options | None = None,
    *,
    cache: TraceCache | None = None,
    progress: Progress | None = None,
    accept: Callable[[Decoded], None] | None = None,
) -> Analysis:
    """Find captures, choose among them, decode and analyse those; `accept` may raise when it sees what they hold."""
    options, tell = options or Options(), progress or silent
    with read_once():
        index, snapshot = look(os.fspath(logdir), options, cache=cache, progress=tell)
        chosen = choose(snapshot, options.select)
        decoded = decode_chosen(chosen, cache=cache, progress=tell)
    if accept is not None:
        accept(decoded)
    require_steps(decoded)

    def decode_more(files: tuple[CaptureFile, ...]) -> Mapping[CaptureFile, DecodedFile]:
        discovery = replace(snapshot.discovery, files=files)
        return decode(discovery, cache=cache, known=decoded.files, progress=tell).files

    beside = look_beside(Alone(snapshot=snapshot), chosen, options, decode_more)
    analysis = analyse_decoded(decoded, options, around=chosen, beside=beside, progress=tell)
    note_answers(index, chosen.snapshot, analysis.report, options)
    return analysis


def analyse_group(chosen: Chosen, proposals: Proposals, options: Options) -> Report:
    """Analyse what was chosen, with what was proposed as its baselines, keeping nothing; the directory is not looked through again."""

    def decode_more(files: tuple[CaptureFile, ...]) -> Mapping[CaptureFile, DecodedFile]:
        return decode(replace(chosen.snapshot.discovery, files=files), known=decoded.files).files

    with read_once():
        decoded = decode_chosen(chosen)
        beside = decoded_beside(proposals, decode_more)
        return analyse_decoded(decoded, options, around=chosen, beside=beside).report


def look_beside(alone: Alone, chosen: Chosen, options: Options, decode_more: Decode, *, typed: bool = True) -> Beside:
    """Find captures alone of the work in what was chosen, anywhere in the log directory, and decode them.

    typed: baselines are names, patterns or places outside the log directory; else ids, and those of nothing are refused with the reason.
    Raises OptionError for a place that cannot be read.
    """
    faults = Faults(logdir=alone.snapshot.discovery.logdir)

    def found() -> Beside:
        automatic = options.find_baselines
        proposals = proposed(alone, chosen.files, options.baselines, automatic=automatic, typed=typed)
        return decoded_beside(proposals, decode_more)

    return faults.attempt(
        "Looking for baselines",
        found,
        lambda problem: Beside(proposals=Proposals(typed=typed), problems=(problem,)),
    )


def require_steps(decoded: Decoded) -> None:
    """Raise OptionError if the user says how steps are called and no capture has an event of such a name."""
    called = next((file.steps for file in decoded.discovery.files if file.steps), "")
    if called and not any(has_steps_called(called, capture.trace) for capture in decoded.captures):
        raise OptionError(
            f"--steps: no event is called like {called[:100]!r}.",
            slug="bad-option",
            advice="Steps are found by the names of annotations: record_function, NVTX ranges, TraceAnnotation, and operations of PyTorch.",
        )


def decode_chosen(
    chosen: Chosen,
    *,
    cache: TraceCache | None = None,
    known: Mapping[CaptureFile, DecodedFile] | None = None,
    progress: Progress | None = None,
) -> Decoded:
    """Decode what was chosen; files of which the index knows that they cannot be read are not tried again."""
    rows = chosen.snapshot.rows
    unread = {
        file: DecodedFile(problems=rows[file].problems) for file in chosen.files if file in rows and not rows[file].captures
    }  # fmt: skip
    discovery = replace(chosen.snapshot.discovery, files=chosen.files)
    return decode(discovery, cache=cache, known={**unread, **(known or {})}, progress=progress)


def decode(
    discovery: Discovery,
    *,
    cache: TraceCache | None = None,
    known: Mapping[CaptureFile, DecodedFile] | None = None,
    progress: Progress | None = None,
) -> Decoded:
    """Decode the files that are not `known`, in parallel; one that cannot be read becomes a problem and the others go on."""
    tell, files = progress or silent, dict(known or {})
    faults = Faults(logdir=discovery.logdir)
    missing = [file for file in discovery.files if file not in files]
    with ThreadPoolExecutor(min(8, cores()), thread_name_prefix="tb_contention-decode") as pool:
        results = pool.map(lambda file: read_captures(file, lambda f: cached(f, load_parts, cache), faults), missing)
        for done, (file, decoded) in enumerate(zip(missing, results, strict=True), 1):
            files[file] = decoded
            tell(f"Decoded {done} of {len(missing)} traces", done / len(missing))
    return Decoded(discovery=discovery, files={file: files[file] for file in discovery.files})


def note_answers(index: Index, snapshot: Snapshot, report: Report, options: Options) -> None:
    """Note in the index what was found of each group, unless the user's hand was on it."""
    if options.shifts or options.gpus or options.baselines or not options.find_baselines:
        return
    process_of = {each.session.id: each.session.process or each.session.id for each in report.sessions}
    processes = frozenset(process_of.values())
    for group in {g.id: g for process in processes for g in snapshot.groups_with((process,))}.values():
        members = frozenset(member.id for member in group.members)
        if not members <= processes:
            continue
        found = [
            d for d in report.devices if len(d.sessions) > 1 and members.issuperset(process_of[s] for s in d.sessions)
        ]
        if found or group.is_shared:
            index.note(group, known_answer(report, found))
