"""The text in which a profiler writes a launch, of every release and hostile."""

from tb_contention.model.launch_config import parse_launch_config


def test_launches_of_each_release_are_read() -> None:
    old = parse_launch_config("regs:38 shm:16 grid:160,1,1\nblock:1024,1,1")
    new = parse_launch_config(" regs:32 static_shared:1 dynamic_shared:2 grid:12,2,1 block:256,1,1 occ_pct:62.5")

    assert old is not None
    assert (old.grid, old.block, old.registers, old.static_shared, old.occupancy) == (
        (160, 1, 1),
        (1024, 1, 1),
        38,
        16,
        None,
    )
    assert new is not None
    assert (new.static_shared, new.dynamic_shared, new.occupancy) == (1, 2, 62.5)


def test_no_text_makes_the_reading_fail() -> None:
    hostile = [
        "",
        "grid:",
        "grid:1,2",
        "grid:a,b,c block:-1,2,3",
        "grid:1,1,1" * 1000,
        ":::",
        "occ_pct:nan",
        "grid:²,1,1",
    ]
    hostile += [f"grid:{'9' * 40},1,1", "regs:1"]

    assert [parse_launch_config(text) for text in hostile] == [None] * len(hostile)
    odd = parse_launch_config("grid:1,1,1 block:1e3,1,1 regs:-5 occ_pct:1e400")
    assert odd is not None
    assert (odd.block, odd.registers, odd.occupancy) == (None, None, None)
