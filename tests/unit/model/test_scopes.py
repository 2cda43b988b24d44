"""Names of operations -> the scopes that they work for, and where a model splits."""

import pytest

from tb_contention.model.scopes import Path, Split, cut_at_split, levels_of, scope_of


@pytest.mark.parametrize(
    ("operation", "scope"),
    [
        ("MatMul:MatMul", ()),
        ("part_1/dense/MatMul:MatMul", ("part_1", "dense")),
        ("gradients/part_1/dense/MatMul_grad/MatMul:MatMul", ("part_1", "dense")),
        ("gradients_1/part_1/MatMul_grad/MatMul:MatMul", ("part_1",)),
        ("gradient_tape/part_1/dense/MatMul/MatMul_1:MatMul", ("part_1", "dense", "MatMul")),
        ("model/gradients/model/part_1/Relu_grad/ReluGrad:ReluGrad", ("model", "part_1")),
        ("Adam/update_part_1/dense/kernel/ResourceApplyAdam:ResourceApplyAdam", ("part_1", "dense")),
        ("Adam/update_weights/ResourceApplyAdam:ResourceApplyAdam", ("Adam",)),
        ("a/SGD/update_a/table/ResourceApply:ResourceApply", ("a",)),
        ("_send_part_1/dense_0:_Send", ("part_1",)),
        ("", ()),
        ("///", ()),
        ("gradients/:x", ()),
    ],
)
def test_work_belongs_to_the_scope_that_it_is_for(operation: str, scope: Path) -> None:
    assert scope_of(operation) == scope


def test_an_operation_is_no_scope_of_what_it_contains() -> None:
    operations = {levels_of("dense/MatMul:MatMul")}
    assert scope_of("dense/MatMul/ReadVariableOp:ReadVariableOp", operations) == ("dense",)


def test_a_common_prefix_does_not_split() -> None:
    weights = {("model", "part_1"): 50, ("model", "part_2", "dense"): 45, ("loss",): 5}
    assert cut_at_split(weights) == {("model",), ("loss",), ("model", "part_1"), ("model", "part_2")}


def test_the_first_level_that_splits_is_kept() -> None:
    weights: dict[Path, int] = {("part_1", "a"): 50, ("part_2", "b"): 45}
    assert cut_at_split(weights) == {("part_1",), ("part_2",)}


def test_a_scope_with_little_inside_is_not_taken_apart() -> None:
    assert cut_at_split({("model",): 80, ("model", "dense"): 20}) == {("model",)}


@pytest.mark.parametrize("weights", [{}, {(): 5}, {("a",): 0}, {tuple("abcdefgh" * 4): 3}])
def test_odd_weights_are_no_trouble(weights: dict[Path, int]) -> None:
    assert isinstance(cut_at_split(weights), frozenset)


def test_labels_are_paths() -> None:
    split = Split(cuts=frozenset({("model",), ("model", "part_1")}), operations=frozenset())
    assert split.label("model/part_1/x/MatMul:MatMul") == "model/part_1"
    assert split.label("model/part_9/MatMul:MatMul") == "model"
    assert split.label("MatMul:MatMul") == "(no scope)"
