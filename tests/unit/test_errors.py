from __future__ import annotations

from dom_engine.errors import Fault, InputError


def test_a_fault_says_where_it_stands() -> None:
    assert str(Fault("a.csv", 2, "x", "BAD", "is bad")) == "a.csv, row 2, column x: is bad"
    assert str(Fault("a.csv", 0, "x", "BAD", "is bad")) == "a.csv, column x: is bad"
    assert str(Fault("a.csv", 0, "", "BAD", "is bad")) == "a.csv: is bad"


def test_the_first_hundred_faults_are_shown_and_all_are_counted() -> None:
    error = InputError([Fault("a.csv", row, "", "BAD", "is bad") for row in range(2, 252)])
    lines = str(error).splitlines()
    assert lines[0] == "250 errors in the input"
    assert (len(lines), lines[-1]) == (102, "... and 150 more")
    assert len(error.faults) == 250


def test_one_fault() -> None:
    error = InputError.single("a.csv", "is bad", row=3)
    assert str(error) == "1 error in the input\na.csv, row 3: is bad"
