"""Actions -> what to do first: ranked by what they bring in all, or to the one session that matters most."""

from tb_contention.advise.predicted import APART
from tb_contention.advise.remedies import Remedy, Urgency
from tb_contention.model.advice import Action, Recommendation, Standing
from tb_contention.model.baseline import Found, Use
from tb_contention.model.contention import Evidence
from tb_contention.model.names import clean
from tb_contention.model.prediction import Bounds, Schedule
from tb_contention.model.report import DeviceReport
from tb_contention.units import SessionId
from tb_contention.words.advice import Again
from tb_contention.words.answers import Answer, answer_on, is_contended
from tb_contention.words.mechanism import is_sure
from tb_contention.words.names import Names

#: A gain below this part is none, and so is a delay of the end.
_WORTH = 0.02


def recommend(
    device: DeviceReport,
    remedies: tuple[Remedy, ...],
    predicted: tuple[Action, ...],
    names: Names,
    again: Again,
    session: SessionId | None,
    doubted: frozenset[str] = frozenset(),
) -> Recommendation:
    """Say what to do first; session: the one that matters most, None for all. Places count the remedies, then the predicted actions.

    doubted: kinds of predicted actions that a finding says help little; they are recommended only where their gain is certain.
    """
    answer = is_contended(device)
    slowed = answer is Answer.YES and (session is None or _is_slowed(device, session))
    order = [
        place
        for place in (_order(device, predicted, session) if slowed else [])
        if predicted[place].kind not in doubted or _gain_is_certain(predicted[place], session)
    ]
    offset = len(remedies)
    certain = [offset + place for place in order if _gain_is_certain(predicted[place], session)]
    perhaps = [offset + place for place in order if offset + place not in certain]
    before = [place for place, each in enumerate(remedies) if each.urgency is Urgency.BEFORE]
    after = [place for place, each in enumerate(remedies) if each.urgency is Urgency.AFTER]
    of_time = [place for place in after if remedies[place].of_time]
    places = (*before, *certain, *of_time, *perhaps, *(place for place in after if place not in of_time))
    on_gpu = not device.group.device.device.is_host
    unsettled = slowed and on_gpu and not is_sure(device.cost) and not before and not of_time
    if places and not unsettled and (before or answer is not Answer.UNDECIDED):
        actions = (*(each.action for each in remedies), *predicted)
        return _act(actions, remedies, predicted, places, session, names)
    if answer is Answer.NO or (answer is Answer.YES and not slowed):
        return _fine(device, session, names)
    return _record(device, places, session, names, again)


def _is_slowed(device: DeviceReport, session: SessionId) -> bool:
    return answer_on(device, device.cost.loss(session)) is Answer.YES


def _measure(action: Action, session: SessionId | None) -> Bounds | None:
    """Return the change that counts: in all, or that of one session."""
    if session is None:
        return action.total
    return next((row.change for row in action.changes if row.session == session), None)


def _middle(change: Bounds) -> float:
    return (change.low + change.high) / 2 if change.estimate is None else change.estimate


def _gain_is_certain(action: Action, session: SessionId | None) -> bool:
    change = _measure(action, session)
    return change is not None and change.high < 0


def _order(device: DeviceReport, predicted: tuple[Action, ...], session: SessionId | None) -> list[int]:
    """Order the places of what is worth it: the largest gain first. What ends everything later helps all only if no one else waits.

    A cap needs MPS, so one that brings no more than MPS itself is not worth its setting.
    """
    sure = is_sure(device.cost)
    worth = []
    for place, action in enumerate(predicted):
        change = _measure(action, session)
        if change is None or _middle(change) > -_WORTH or not (sure or action.kind in APART):
            continue
        if session is None and action.done is not None and _middle(action.done) > _WORTH:
            continue
        worth.append((_middle(change), place))
    plain = [predicted[place] for _, place in worth if predicted[place].kind == Schedule.MPS.value]
    capped = {
        place
        for _, place in worth
        if predicted[place].kind == Schedule.SM_CAP.value
        and any(_is_no_better(predicted[place], than, session) for than in plain)
    }
    return [place for _, place in sorted(worth) if place not in capped]


def _is_no_better(action: Action, than: Action, session: SessionId | None) -> bool:
    """Return whether an action brings hardly more than another, neither at best guess nor for sure."""
    one, other = _measure(action, session), _measure(than, session)
    if one is None or other is None:
        return False
    return _middle(one) >= _middle(other) - _WORTH and one.high >= other.high - _WORTH


def _act(
    actions: tuple[Action, ...],
    remedies: tuple[Remedy, ...],
    predicted: tuple[Action, ...],
    places: tuple[int, ...],
    session: SessionId | None,
    names: Names,
) -> Recommendation:
    first = places[0]
    action = actions[first]
    is_open = first >= len(remedies) and not _gain_is_certain(action, session)
    title = f"Try this: {action.title[:1].lower()}{action.title[1:]}" if is_open else action.title
    behind = [(actions[p], p >= len(remedies) or remedies[p].of_time) for p in places[1:]]
    if first < len(remedies):
        why = remedies[first].because
    elif session is None:
        why = "Of the changes that were simulated, it saves most time over all sessions."
    else:
        why = f"Of the changes that were simulated, it saves {names[session]} most time."
    here = next((action for action, saves_time in behind if saves_time and action.kind != Schedule.MOVED.value), None)
    if action.kind == Schedule.MOVED.value:
        if here is None:
            why += " On this GPU alone, no simulated change is sure to save time."
        else:
            may = "" if _gain_is_certain(here, session) else ", try this"
            why += f" Without another GPU{may}: {here.title[:1].lower()}{here.title[1:]}."
    return Recommendation(session=session, standing=Standing.ACT, headline=title, why=why, actions=places)


def _fine(device: DeviceReport, session: SessionId | None, names: Names) -> Recommendation:
    if session is None:
        why = "No session is noticeably slower because the others share the device."
    else:
        why = f"{names[session]} is not measurably slower because the others share the device."
    shared = len(device.sessions) > 1
    return Recommendation(
        session=session,
        standing=Standing.FINE,
        headline="Nothing to do: sharing is fine" if shared else "Nothing to do: the session is not slowed down",
        why=why,
    )


def _record(
    device: DeviceReport, places: tuple[int, ...], session: SessionId | None, names: Names, again: Again
) -> Recommendation:
    """Say what must be recorded before anything can be recommended."""
    if len(device.sessions) < 2:
        name = names[device.sessions[0]] if device.sessions else "the program"
        headline = f"Nothing to recommend yet: record {name} together with what it shares the device with"
        why = "It was captured alone, so what sharing costs cannot be determined."
        command = again.command(alone=False)
        why += f" {again.commands()}"
    elif is_contended(device) is Answer.YES and all(
        loss.slowdown.evidence is Evidence.A for loss in device.cost.losses
    ):
        headline = "Cannot say yet what helps: record the GPU's context switches first"
        why = "How the sessions share the GPU is not sure, and advice rests on that."
        command = "nsys profile --gpuctxsw=true COMMAND"
    else:
        refused = [each for each in device.cost.baselines if each.use is Use.REFUSED and each.found is Found.MANIFEST]
        headline = f"Cannot say yet what helps: record each session alone {'once more' if refused else 'first'}"
        why = "How much sharing costs, or how the sessions share, is not sure, and advice rests on that."
        if refused:
            why += (
                f" The captures alone that are there cannot serve: {clean(refused[0].label)}: {refused[0].reason}. "
                "Let nothing else run on the machine meanwhile."
            )
        if device.cost.losses and all(loss.slowdown.compared for loss in device.cost.losses):
            headline = "Cannot say yet what helps: record for longer, together and alone"
            why = "The steps vary so much that their slowdowns are uncertain, and advice rests on those."
        command = again.command(alone=True)
        why += f" {again.commands()}"
    if places:
        why += " What is listed below holds all the same."
    return Recommendation(
        session=session, standing=Standing.RECORD, headline=headline, why=why, command=command, actions=places
    )
