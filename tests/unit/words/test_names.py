from dataclasses import replace

from golden.reports import report_of, shared
from lanes import session_of

from tb_contention.model.contention import UNTRACED
from tb_contention.units import DeviceId, SessionId
from tb_contention.words.names import device_label, group_label, names_of, physical_label, session_labels


def test_sessions_are_called_by_the_shortest_end_of_their_name_that_is_theirs_alone() -> None:
    drawn = [session_of(name, "AA") for name in ("alone/trainer", "shared/trainer", "shared/evaluator")]
    assert list(session_labels(drawn).values()) == ["alone/trainer", "shared/trainer", "evaluator"]


def test_sessions_of_one_name_are_called_by_their_ids() -> None:
    one, two = session_of("trainer", "AA"), replace(session_of("trainer", "AA"), id=SessionId("trainer/host1"))
    assert list(session_labels([one, two]).values()) == ["trainer/host0", "trainer/host1"]


def test_ids_leave_out_what_is_the_same_in_all() -> None:
    drawn = session_of("h#model", "AA")
    ids = [SessionId(f"{run}/2026_03_01_10_00_00/h#model") for run in "ab"]
    assert list(session_labels(replace(drawn, id=each) for each in ids).values()) == ["a#model", "b#model"]


def test_no_session_is_nameless_and_no_two_have_one_label() -> None:
    drawn = session_of("x", "AA")
    names = ["", "runs/", "a/b", "c/a/b", "d\ne", "d\\x0ae"]
    labels = session_labels(replace(drawn, name=name, id=SessionId(f"r{n}/host")) for n, name in enumerate(names))
    assert all(labels.values())
    assert len(set(labels.values())) == len(names)


def test_a_name_that_is_the_end_of_another_gives_way_to_the_id() -> None:
    labels = session_labels([session_of("trainer", "AA"), session_of("a/trainer", "AA")])
    assert list(labels.values()) == ["trainer/host0", "a/trainer"]


def test_hostile_names_stay_within_their_line_and_untraced_work_has_words() -> None:
    names = names_of(report_of([session_of("x\ny", "AA")]))
    assert list(names.values()) == ["x\\x0ay"]
    assert names[UNTRACED] == "untraced work"
    assert names["no\nsession"] == "no\\x0asession"


def test_a_gpu_is_named_by_number_host_and_group() -> None:
    device = shared().devices[0]
    physical = device.group.device
    assert device_label(device) == "GPU 0 on host0"
    uuid = DeviceId("host0/GPU-6b1f0c5a-1111-2222-3333-0123456789ab")
    assert physical_label(replace(physical, id=uuid)) == "GPU …89ab on host0"
    assert physical_label(replace(physical, id=DeviceId("my GPU"))) == "my GPU"


def test_a_group_is_named_by_what_no_other_has_and_by_its_number_only_where_nothing_tells() -> None:
    group = shared().devices[0].group
    later = replace(group, id=DeviceId(f"{group.id}#3"))
    assert group_label(later) == "GPU 0 on host0 (group 3)"
    assert group_label(replace(later, apart="5 Mar 2026 10:00 UTC")) == "GPU 0 on host0 (5 Mar 2026 10:00 UTC)"
