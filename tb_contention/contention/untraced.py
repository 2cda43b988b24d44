"""Find turns of a process that was not captured: kernels of a session that take longer by one length, whatever they are, and late starts.

session    |==|==|==|=   turn of another   =|==|==|==|   turn of another   |==|==
recorded   |==|==|==|======================|==|==|==|                     |==|==

What slows a session by itself is in proportion to the kernel, of another length for every kernel, or always at one place of the step.
"""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.alone import LEAST_SHARE, Alone
from tb_contention.contention.baseline import group_means, group_quantiles, off_medians, scatter
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.kernel_keys import numbered_places
from tb_contention.contention.loss import Loss
from tb_contention.contention.mechanism import Sharing
from tb_contention.contention.replay import find_gaps
from tb_contention.contention.uncut import launches_of
from tb_contention.contention.work import SessionWork
from tb_contention.model.alignment import DeviceGroup
from tb_contention.model.contention import UNTRACED, Blame, Evidence, Mechanism
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, I64, Bool, Nanoseconds, SessionId
from tb_contention.words.numbers import duration as in_words

#: The shortest turn that is looked for, ns, and by which part of its usual length an interrupted kernel takes longer at least.
_LEAST_TURN, _LONGER = 250_000.0, 0.5
#: Turns are of one length within so much.
_SAME = 0.08
#: Part of the turns that may come at one place of the step, and turns at once that a kernel may wait for.
_ONE_PLACE, _AT_ONCE = 0.9, 4
#: Kinds of kernels that are unlike enough in length to show that all are longer by the same, and not in proportion.
_UNLIKE = 1.5
_OTHER_KIND = 1.25
#: A session by itself must show this many turns of one length, which explain this part of the time in interruptions.
_TURNS, _MOSTLY = 12, 0.6
#: By how much they may scatter: in kernels of several lengths, where only two kinds are interrupted, and in kernels of one length.
_SCATTER, _TWO_KINDS, _ALIKE = 0.04, 0.02, 0.01
#: Where other sessions were traced and had no work, nothing known can interrupt a kernel. The least number of interruptions there, the
#: least length of one (ns), and how many times as long as the kernel it is.
_BESIDE, _LEAST_BESIDE, _TIMES = 4, 400_000.0, 1.5
#: The part of them that must agree in length with this many others, within the narrow margin. At least the last part of those within the
#: wide margin must be within the narrow one: heavy tails thin out, and have no length of their own.
_AGREE, _OTHERS, _WITHIN, _WIDELY, _PEAK = 0.3, 3, 0.02, 0.25, 0.35
#: The part that must agree where others are longer by twice as much.
_AGREE_TWICE = 0.15
#: Waits for a turn that agree; part of a wait in which the session's own streams were at work where it may have been for one of them.
_WAITS, _OWN_PART = 6, 0.3
#: Shorter waits are for no turn, ns.
_LEAST_WAIT = 10_000
#: The scatter of turns at most: as a multiple of that of the kernels, or of their length, and as a part of that of larger kernels.
_OWN, _EXACT, _STIFF = 2.5, 0.005, 0.6
#: So many show that turns interrupt the same kernel of every step.
_TURNS_AT_ONE = 8
#: What begins this close to others' work may be theirs, ns.
_NEAR_BY = 20_000
#: Instances of a kernel that show how long an uninterrupted one is, the quantile that surely is, and how much longer others are at most.
_FEW, _LOW, _NEAR = 4, 0.05, 1.3
#: An interrupted kernel or a late one, where turns are known: by this part of a turn and so many robust standard deviations.
_PART, _SURE = 0.05, 6.0
#: A kernel that never takes less than this part of a turn may be interrupted every time, or longer by this than others like it.
_LONG, _HALF = 0.9, 0.5
#: What changing turns adds to what a session takes from another.
_SWITCHES = 1.05
#: Part of a key's instances that are interrupted beyond which none is surely uninterrupted.
_OFTEN = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Turns of a process that was not captured. length: ns; away: when it had the device, as far as the session's kernels show."""

    length: float
    count: int
    away: Intervals


def find_turns(
    work: SessionWork, foreign: Intervals, group: DeviceGroup, error: int, known: float | None = None
) -> Turns | None:
    """Find turns on a GPU while no traced session had work; None unless they are beyond doubt.

    foreign: when traced ones had; error: of the clocks, ns; known: the length of turns that interrupt another session of the group.
    """
    if group.device.device.is_host:
        return None
    duration = (work.end - work.start).astype(np.float64)
    rows = (work.start >= group.start) & (work.end <= group.end) & ~work.spin & ~work.copy & (duration > 0)
    near = error + _NEAR_BY if len(foreign) else 0
    if known is None:
        # Longer than usual by a turn is only what takes longer than a turn; beside others waits tell as well.
        waited = work.start - work.ready if len(foreign) else np.zeros(len(duration), np.int64)
        long = np.flatnonzero(rows & (np.maximum(duration, waited) > min(_LEAST_TURN, _LEAST_BESIDE)))
        if (foreign.covered(work.start[long] - near, work.end[long] + near) == 0).sum() < min(_BESIDE, _TURNS):
            return None
    low, spread = _uncut(work.key, work.keys, duration, rows)
    longer = np.where(rows & np.isfinite(low), duration - low, 0.0)
    rows &= foreign.covered(work.start - near, work.end + near) == 0
    excess = np.where(rows, longer, 0.0)
    length = _beside(work, low, longer, rows, foreign) if len(foreign) else _by_itself(work, low, excess)
    length = length or known
    if length is None:
        return None
    count = int((np.abs(excess / length - 1) < _SAME).sum())
    cut = np.flatnonzero(excess > np.maximum(_PART * length, _SURE * np.nan_to_num(spread)))
    begin = work.start[cut] + (0.5 * low[cut]).astype(np.int64)
    always = np.flatnonzero(
        rows & ((low > _LONG * length) | _longer_than_alike(work, low, length) | _nearly_always(work, rows, cut))
    )
    due, late = _late(work, length, rows)
    starts = (begin, work.start[always], due[late])
    ends = (begin + excess[cut].astype(np.int64), work.end[always], work.start[late])
    away = Intervals.union_of(np.concatenate(starts), np.concatenate(ends))
    return Turns(length=length, count=count, away=away)


def only_one(turns: Turns | None) -> Sharing:
    """Describe how the only captured session shares the device."""
    if turns is None:
        return Sharing(
            mechanism=Mechanism.NONE, detail="No other session was captured on this device at the same time."
        )
    detail = (
        f"Turns of {in_words(turns.length)} interrupt kernels of the session, {turns.count} of them in full; what takes "
        "them was not captured."
    )
    return Sharing(mechanism=Mechanism.TIME_SLICING, detail=detail, slice=turns.length)


def without_guesses(exposure: Exposure, alone: Alone, sessions: int) -> Alone:
    """Bound what rests on the device's time being divided among the captured sessions alone: a stranger had part of it."""
    if alone.evidence in (Evidence.A, Evidence.B):
        return alone
    least = exposure.duration * LEAST_SHARE / (sessions + 1)
    shortest = np.where(exposure.touched, np.minimum(alone.shortest, least), alone.shortest)
    return replace(alone, evidence=Evidence.D, shortest=shortest, bounded=False)


def reassigned(rows: list[Blame], losses: list[Loss]) -> list[Blame]:
    """Blame a stranger for what the traced sessions cannot have taken: more than the work that they got done meanwhile.

    A traced session that waits for the stranger itself has kernels on the device all the while.
    """
    by_session = {loss.work.id: loss for loss in losses}
    taken: dict[SessionId, int] = {}
    out = []
    for row in rows:
        if row.culprit not in by_session:
            continue
        victim, culprit = by_session[row.victim], by_session[row.culprit]
        lost = victim.exposure.duration - victim.alone.estimate + victim.waits.stall
        cut = victim.counted & (lost > _PART * _LEAST_TURN)
        delayed = Intervals.union_of(
            victim.work.start[cut] - victim.waits.stall[cut].astype(np.int64), victim.work.end[cut]
        )
        met = delayed.covered(culprit.work.start, culprit.work.end).astype(np.float64)
        most = round(_SWITCHES * float(np.sum(met * _part_had(victim, culprit))))
        kept = min(int(row.lost), most)
        taken[row.victim] = taken.get(row.victim, 0) + int(row.lost) - kept
        out.append(replace(row, lost=Nanoseconds(kept)))
    for victim_id in dict.fromkeys(row.victim for row in rows):
        before = sum(int(row.lost) for row in rows if row.victim == victim_id and row.culprit not in by_session)
        strange = before + taken.get(victim_id, 0)
        if strange:
            out.append(Blame(victim=victim_id, culprit=UNTRACED, lost=Nanoseconds(strange)))
    return out


def _part_had(victim: Loss, culprit: Loss) -> F64:
    """Return the part of each of a culprit's kernels in which it had the device."""
    had: F64 = culprit.alone.estimate / np.maximum(culprit.exposure.duration, 1.0)
    if culprit.alone.evidence is not Evidence.D:
        return had
    # Turns are about equal: as much of its time as the victim had of its own.
    rows = victim.counted & victim.exposure.touched
    part = victim.alone.estimate[rows].sum() / max(1.0, float(victim.exposure.duration[rows].sum()))
    return np.where(culprit.alone.borrowed, part, had)


def _uncut(key: I64, keys: int, value: F64, rows: Bool) -> tuple[F64, F64]:
    """Return the mean and the deviation of uninterrupted instances of each row's key; NaN where too few are known.

    Interruptions make instances longer, never shorter: the shortest are uninterrupted.
    """
    picked = np.flatnonzero(rows)
    (least,) = group_quantiles(key[picked], keys, value[picked], _LOW)
    least[np.bincount(key[picked], minlength=keys) < _FEW] = np.nan
    near = picked[value[picked] <= _NEAR * least[key[picked]]]
    means = group_means(key[near], keys, value[near])
    return means.mean[key], means.deviation[key]


def _common(excess: F64) -> float | None:
    """Return the commonest excess, ns; None where there are too few, or too little is explained by turns of that length."""
    if len(excess) < _TURNS:
        return None
    values = np.sort(np.log(excess))
    near = np.searchsorted(values, values + _SAME / 2) - np.searchsorted(values, values - _SAME / 2)
    centre = float(values[int(near.argmax())])
    length = float(np.exp(np.median(values[np.abs(values - centre) < _SAME / 2])))
    times = np.clip(np.round(excess / length), 1, _AT_ONCE)
    explained = np.abs(excess / length - times) < _SAME * np.minimum(times, 2)
    enough = (np.abs(excess / length - 1) < _SAME).sum() >= _TURNS
    return length if enough and float(excess[explained].sum()) > _MOSTLY * float(excess.sum()) else None


def _by_itself(work: SessionWork, low: F64, excess: F64) -> float | None:
    """Return the length of turns where they interrupt kernels as nothing of their own does: longer by the same, not in proportion."""
    cut = np.flatnonzero(excess > np.maximum(_LEAST_TURN, _LONGER * np.nan_to_num(low)))
    length = _common(excess[cut])
    if length is None:
        return None
    one = cut[np.abs(excess[cut] / length - 1) < _SAME]
    usual = low[one[np.unique(work.key[one], return_index=True)[1]]]
    if len(usual) < 2:
        return None
    unlike = usual.max() >= _UNLIKE * usual.min()
    most = _ALIKE if not unlike else _TWO_KINDS if len(usual) == 2 else _SCATTER
    part = scatter(excess[one] - length) / length
    places = np.unique(np.stack([work.key[one], work.place[one]]), axis=1, return_counts=True)[1]
    return length if part <= most and places.max() <= _ONE_PLACE * len(one) else None


def _beside(work: SessionWork, low: F64, longer: F64, rows: Bool, foreign: Intervals) -> float | None:
    """Return the length of turns that interrupt kernels while no traced session had work (`rows`)."""
    # Nor had any while these waited.
    some = np.flatnonzero(rows & (work.start - work.ready > _LEAST_WAIT))
    waiting = np.zeros(len(rows), np.bool_)
    waiting[some] = foreign.covered(work.ready[some], work.start[some]) == 0
    return (
        _agreed(work, low, longer, rows, waiting, _TIMES)
        or _agreed(work, low, longer, rows, waiting, _LONGER)
        or _at_one_place(work, low, longer, rows)
        or _waited(work, waiting)
    )


def _agreed(work: SessionWork, low: F64, longer: F64, rows: Bool, waiting: Bool, times: float) -> float | None:
    """Return the length by which kernels take longer, so many times what they usually take or more; None where they do not agree."""
    strong = longer > np.maximum(_LEAST_BESIDE, times * np.nan_to_num(low))
    alone = np.flatnonzero(strong & rows)
    if len(alone) < _BESIDE:
        return None
    length, count = _peak(longer[alone], longer[strong])
    doubled = _is_doubled(longer[strong & ~rows], length)
    if count < max(2, (_AGREE_TWICE if doubled else _AGREE) * len(alone)):
        return None
    near = strong & (np.abs(longer / length - 1) < _WITHIN)
    waits = times >= _TIMES and len(_late(work, length, waiting)[1]) >= max(_BESIDE, count / 2)
    if not _is_added(work, low, longer, rows, strong, length):
        return _whatever_they_are(low, longer, strong & rows, length) if waits else None
    # Kinds of kernels of about one length may have another size; then none waits for the device.
    usual = low[near]
    several = bool(usual.max() >= _OTHER_KIND * usual.min())
    return length if several or waits or doubled else None


def _is_doubled(longer: F64, length: float) -> bool:
    """Return whether what kernels take longer beside traced sessions has a peak at twice a length: one turn more, of those sessions.

    A size that a name hides would differ from the turns of others in length.
    """
    twice, widely = (int((np.abs(longer / (2 * length) - 1) < part).sum()) for part in (_WITHIN, _WIDELY))
    return twice >= max(2 * _BESIDE, _AGREE * len(longer), _PEAK * widely)


def _whatever_they_are(low: F64, longer: F64, strong: Bool, length: float) -> float | None:
    """Return the length by which nearly all that take much longer do, of kinds as unlike as sizes that a name hides never are."""
    near = np.flatnonzero(strong & (np.abs(longer / length - 1) < _SAME))
    if len(near) < max(2 * _BESIDE, _MOSTLY * strong.sum()) or low[near].max() < _UNLIKE * low[near].min():
        return None
    usual = float(np.median(longer[near]))
    return usual if scatter(longer[near] - usual) <= _SCATTER * usual else None


def _peak(some: F64, of: F64) -> tuple[float, int]:
    """Return the length that most of some share with others, and how many agree with enough others; of: all that count as others."""
    values = np.sort(of)

    def others(part: float) -> I64:
        return np.searchsorted(values, some * (1 + part), "right") - np.searchsorted(values, some * (1 - part)) - 1

    close = others(_WITHIN)
    agreed = (close >= _OTHERS) & (close >= _PEAK * others(_WIDELY))
    return float(some[int(np.where(agreed, close, 0).argmax())]), int(agreed.sum())


def _waited(work: SessionWork, rows: Bool) -> float | None:
    """Return the length of turns for which kernels waited while no traced session had work; None where waits do not agree."""
    if (work.start - work.ready > _LEAST_BESIDE)[rows].sum() < _WAITS:
        return None
    due, late = _late(work, _LEAST_BESIDE / _PART, rows)
    waited = (work.start[late] - due[late]).astype(np.float64)
    if len(late) < _WAITS:
        return None
    length, count = _peak(waited, waited)
    return length if count >= max(_WAITS, _AGREE * len(late)) else None


def _is_added(work: SessionWork, low: F64, longer: F64, rows: Bool, strong: Bool, length: float) -> bool:
    """Return whether kernels that take longer by a length scatter like shorter ones of their kind.

    Kernels of a larger size that the name hides scatter in proportion to what they take.
    """
    near = np.flatnonzero(strong & rows & (np.abs(longer / length - 1) < _SAME))
    quiet = np.flatnonzero(rows & (longer < (_NEAR - 1) * low))
    # Of kinds that are nearly always interrupted, too few are quiet: they are taken to scatter like all.
    alike = quiet[np.isin(work.key[quiet], work.key[near])]
    seen = np.unique(work.key[alike], return_counts=True)[1]
    quiet = alike if seen.max(initial=0) >= _FEW else quiet
    if not len(near) or not len(quiet):
        return False
    noise = scatter(off_medians(work.key[quiet], work.keys, longer[quiet] / low[quiet]))
    usual = low[near]
    most = max(_OWN * noise * float(np.median(usual)), _EXACT * length)
    most = min(most, _STIFF * noise * float(np.median(usual + length)))
    return scatter(off_medians(work.key[near], work.keys, longer[near])) < most


def _at_one_place(work: SessionWork, low: F64, longer: F64, rows: Bool) -> float | None:
    """Return the length of turns that meet a session in one phase, and so interrupt the same kernel of every step.

    A kernel of a larger size there would scatter in proportion, and no kernel would wait for the device.
    """
    place, places = numbered_places(work.key, work.place)
    strong = rows & (longer > np.maximum(_LEAST_BESIDE, _TIMES * np.nan_to_num(low))) & (work.place >= 0)
    count, cut = (np.bincount(place[which], minlength=places) for which in (rows, strong))
    here = np.flatnonzero(strong & (cut > _MOSTLY * count)[place])
    if len(here) < _TURNS_AT_ONE:
        return None
    length = float(np.median(longer[here]))
    near = np.abs(longer[here] / length - 1) < _SAME
    waits = len(_late(work, length, rows)[1])
    told = near.mean() > _MOSTLY and waits >= len(here) / 2 and _is_added(work, low, longer, rows, strong, length)
    return length if told else None


def _longer_than_alike(work: SessionWork, low: F64, length: float) -> Bool:
    """Select kernels that always take longer than others of their launch (name, grid, block) by half a turn or more."""
    launch, launches = launches_of(work)
    least = np.full(launches, np.inf)
    np.minimum.at(least, launch[work.key], np.nan_to_num(low, nan=np.inf))
    longer: Bool = low - least[launch[work.key]] > _HALF * length
    return longer


def _nearly_always(work: SessionWork, rows: Bool, cut: I64) -> Bool:
    """Select kernels of keys that are interrupted nearly every time: what looks uninterrupted among them may be a short turn."""
    count = np.bincount(work.key[rows], minlength=work.keys)
    often: Bool = np.bincount(work.key[cut], minlength=work.keys) > _OFTEN * count
    return often[work.key]


def _late(work: SessionWork, length: float, rows: Bool) -> tuple[I64, I64]:
    """Find kernels that start later than due by part of a turn; return when all were due, and their rows."""
    # No launch is taken to meet an idle device: where every step begins with a turn of the other, none does.
    gaps = find_gaps(work, Intervals.one(int(work.start[0]), int(work.end.max())))
    due = gaps.due.astype(np.int64)
    late = rows & (gaps.follows < 0) & work.cause_known & (gaps.extra > _PART * length)
    if work.streams > 1:
        # What a kernel usually waits may be for another stream, if that was at work.
        usual = np.nan_to_num(_uncut(work.key, work.keys, gaps.extra, rows)[0])
        some = np.flatnonzero(late)
        own = work.running.covered(due[some], work.start[some]) > _OWN_PART * gaps.extra[some]
        late[some] = gaps.extra[some] > np.where(own, usual[some], 0.0) + _PART * length
    return due, np.flatnonzero(late)
