"""Jira into PostgreSQL every hour, in slices. It wants `jira_slices.py` beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, TriggerRule, dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from jira_slices import Load, LoadError, RefusedError, plan

if TYPE_CHECKING:
    from collections.abc import Iterable

#: At most so many parts of the site, made once; and how many of them are read at a time.
SLICES, AT_ONCE = 8, 4
FIGURES = ("rows", "requests", "seconds_waited")


class LoadSlice(BaseOperator):
    """One run of a slice, from its STATE into the target; what it has read is its XCom."""

    def __init__(self, *, number: int, **how: Any) -> None:
        """Slice 1 has what belongs to no issue, too."""
        super().__init__(**how)
        self.number = number
        self._load = Load(number, AT_ONCE)

    def execute(self, context: Any) -> dict[str, Any]:  # noqa: ARG002 - Airflow's way to call it
        """Fail for good where trying again does not help."""
        try:
            return self._load.run(self.log.info)
        except RefusedError as error:
            raise AirflowFailException(str(error)) from None
        except LoadError as error:
            raise AirflowException(str(error)) from None

    def on_kill(self) -> None:
        """Stop between two messages; the next run goes on from there."""
        self._load.stop()


@dag(schedule="@hourly", catchup=False, max_active_runs=1, default_args={"retries": 2})
def jira() -> None:
    """Slice 1 makes the tables; whatever comes of it, the others follow."""

    @task
    def slices() -> list[int]:
        try:
            return plan(SLICES)
        except RefusedError as error:
            raise AirflowFailException(str(error)) from None

    @task
    def others(numbers: list[int]) -> list[int]:
        return [number for number in numbers if number != 1]

    # A failed slice holds up none; the run has failed all the same, since this has not run then.
    @task(trigger_rule=TriggerRule.NONE_FAILED)
    def total(first: dict[str, Any], rest: Iterable[dict[str, Any]] | None) -> dict[str, float]:
        return {name: sum(each.get(name, 0) for each in (first, *(rest or ()))) for name in FIGURES}

    numbers = slices()
    first = LoadSlice(task_id="first_slice", number=1)
    rest = LoadSlice.partial(
        task_id="slice",
        max_active_tis_per_dag=AT_ONCE,
        trigger_rule=TriggerRule.ALL_DONE,
        map_index_template="slice {{ task.number }}",
    ).expand(number=others(numbers))
    numbers >> first >> rest
    total(first.output, rest.output)


jira()
