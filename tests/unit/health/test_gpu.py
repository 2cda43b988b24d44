import pytest

from tb_contention.health.gpu import driver, rights, serialising
from tb_contention.model.health import Status

RESTRICTED = "EnableMSI: 1\nRmProfilingAdminOnly: 1\nDynamicPowerManagement: 3\n"
PLAIN, ADMIN, PERFMON = ("CapEff:\t0000000000000000\n", "CapEff:\t000001ffffffffff\n", "CapEff:\t0000004000000000\n")


@pytest.mark.parametrize(
    ("params", "status", "expected"),
    [
        ("RmProfilingAdminOnly: 0\n", PLAIN, Status.OK),
        (RESTRICTED, ADMIN, Status.OK),
        (RESTRICTED, PERFMON, Status.OK),
        (RESTRICTED, PLAIN, Status.NOTE),
        (RESTRICTED, None, Status.NOTE),
        ("EnableMSI: 1\n", ADMIN, Status.NOTE),
    ],
)
def test_the_right_to_profile_is_told_from_the_driver_and_the_process(
    params: str, status: str | None, expected: Status
) -> None:
    (check,) = rights(params, status)
    assert check.status is expected


def test_a_restriction_names_both_ways_out_and_does_not_claim_that_tracing_fails() -> None:
    (check,) = rights(RESTRICTED, PLAIN)
    assert "NVreg_RestrictProfilingToAdminUsers=0" in check.remedy
    assert "CAP_SYS_ADMIN" in check.remedy
    assert "tracing kernels may still work" in check.message


def test_without_a_driver_nothing_is_said_on_rights_and_reading_needs_none() -> None:
    assert rights(None, ADMIN) == []
    assert driver(None).status is Status.OK
    assert "traces can be read" in driver(None).message


def test_gpus_are_listed_and_a_driver_that_fails_is_told() -> None:
    assert driver("NVIDIA H100, 550.1\nNVIDIA H100, 550.1\n").message == "NVIDIA H100, 550.1; NVIDIA H100, 550.1"
    check = driver(None, "Driver/library version mismatch")
    assert check.status is Status.NOTE
    assert "mismatch" in check.message


@pytest.mark.parametrize(
    ("version", "setting", "notes"),
    [
        ("2.14.1", None, 1), ("1.15.5", "0", 1), ("2.14.0", "1", 0), ("2.14.0", "true", 0), ("2.15.0", None, 0), (None, None, 0),
    ],
)  # fmt: skip
def test_an_old_tensorflow_serialises_kernels_while_it_records_unless_it_is_told_not_to(
    version: str | None, setting: str | None, notes: int
) -> None:
    assert [check.status for check in serialising(version, setting)] == [Status.NOTE] * notes
