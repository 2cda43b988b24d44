"""A question of the tab is answered once, in time or later, and newer questions go before older ones."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tb_contention.model.prediction import Prediction, Schedule
from tb_contention.plugin import predicting
from tb_contention.plugin.predicting import Predicting
from tb_contention.whatif import Question, Scene


def key(percent: int) -> tuple[str, str, Question]:
    return "revision", "GPU:0", Question(schedule=Schedule.SM_CAP, value=percent)


def found(percent: int) -> Prediction:
    return Prediction(schedule=Schedule.SM_CAP, setting=f"{percent} %")


def test_a_question_is_worked_out_once() -> None:
    asked: list[int] = []
    one = Predicting()

    def work() -> Prediction:
        asked.append(1)
        return found(40)

    assert one.ask(key(40), work) == one.ask(key(40), work) == found(40)
    assert len(asked) == 1


def test_what_takes_long_is_answered_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predicting, "WAIT", 0.01)
    go, one = threading.Event(), Predicting()

    def work() -> Prediction:
        go.wait(10)
        return found(40)

    assert one.ask(key(40), work) is None
    go.set()
    monkeypatch.setattr(predicting, "WAIT", 10.0)
    assert one.ask(key(40), work) == found(40)


def test_an_old_question_gives_way_to_a_newer_one() -> None:
    begun, go, one = threading.Event(), threading.Event(), Predicting()

    def slow() -> Prediction:
        begun.set()
        go.wait(10)
        return found(10)

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(one.ask, key(10), slow)
        assert begun.wait(10)
        second = pool.submit(one.ask, key(20), lambda: found(20))
        while len(one._futures) < 2:
            pass
        third = pool.submit(one.ask, key(30), lambda: found(30))
        assert second.result(10) is None
        go.set()
        assert first.result(10) == found(10)
        assert third.result(10) == found(30)
    assert one.ask(key(20), lambda: found(20)) == found(20)


def test_what_predictions_of_a_device_start_from_is_made_once() -> None:
    made: list[str] = []
    one = Predicting()

    def scene(name: str) -> Scene:
        def make() -> Scene:
            made.append(name)
            return object.__new__(Scene)

        return one.scene(name, make)

    assert scene("a") is scene("a")
    assert scene("b") is not scene("a")
    assert made == ["a", "b", "a"]
