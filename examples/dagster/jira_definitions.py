"""Jira into PostgreSQL every hour, in slices. It wants `jira_slices.py` beside it."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
from jira_slices import Load, LoadError, RefusedError, made

#: How many slices are read at a time: the limit of the pool `jira` in dagster.yaml, too.
AT_ONCE = 4
#: What is read issue by issue, so by every slice; all else is in the first one.
OF_ISSUES = {
    *("issues", "comments", "changelogs", "worklogs", "deleted_issues"),
    *("issue_watchers", "issue_votes", "issue_remote_links", "issue_properties"),
    *("issue_transitions", "requests", "request_approvals", "request_feedback"),
}
PEOPLE = {"users", "groups", "group_members"}
AGILE = {
    *("boards", "board_configurations", "board_projects", "board_quick_filters", "sprints"),
    *("board_sprints", "epics", "board_issues"),
}
#: The assets; streams that are in none of them are "reference".
GROUPS = {"issues": OF_ISSUES, "people": PEOPLE, "agile": AGILE, "reference": set[str]()}

slices = dg.StaticPartitionsDefinition([str(each["slice"]["number"]) for each in made()])
specs = [
    dg.AssetSpec(
        ["jira", group],
        group_name="jira",
        kinds={"jira", "postgres"},
        skippable=True,
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=timedelta(hours=3), warn_window=timedelta(hours=2)
        ),
    )
    for group in GROUPS
]


def group_of(stream: str) -> str:
    """The asset that a stream is in."""
    return next((group for group, streams in GROUPS.items() if stream in streams), "reference")


def results(load: Load) -> Iterator[dg.MaterializeResult]:
    """The groups that are complete, with what was read of each."""
    if load.log.fatal or not load.log.figures:
        return
    incomplete = {group_of(stream) for stream in load.log.missing}
    for group in GROUPS.keys() - incomplete if load.number == 1 else {"issues"} - incomplete:
        streams = {name: told for name, told in load.log.streams.items() if group_of(name) == group}
        yield dg.MaterializeResult(
            asset_key=["jira", group],
            metadata={
                "dagster/row_count": sum(told["rows"] for told in streams.values()),
                "streams": streams,
                **load.log.figures,
            },
        )


@dg.multi_asset(specs=specs, partitions_def=slices, pool="jira")
def jira(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """One run of a slice, from its STATE into the target."""
    load = Load(int(context.partition_key), AT_ONCE)
    try:
        load.run(context.log.info)
    except LoadError as error:
        # What is complete is told all the same; the next try brings the rest.
        yield from results(load)
        if isinstance(error, RefusedError):
            raise dg.Failure(str(error)) from None
        # Not by a RetryPolicy, which would begin a run again that somebody has ended.
        raise dg.RetryRequested(max_retries=2, seconds_to_wait=120) from error
    yield from results(load)


every_stream = dg.define_asset_job("jira_load", [spec.key for spec in specs])


@dg.schedule(job=every_stream, cron_schedule="0 * * * *")
def hourly(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest]:
    """A run for each slice that has none under way."""
    under_way = [
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
    ]
    asked = dg.RunsFilter(job_name=every_stream.name, statuses=under_way)
    busy = {run.tags.get("dagster/partition") for run in context.instance.get_runs(asked)}
    hour = f"{context.scheduled_execution_time:%Y-%m-%dT%H}"
    return [
        dg.RunRequest(run_key=f"{hour} {key}", partition_key=key)
        for key in slices.get_partition_keys()
        if key not in busy
    ]


defs = dg.Definitions(
    assets=[jira],
    jobs=[every_stream],
    schedules=[hourly],
    executor=dg.in_process_executor,  # a run has one step: it needs no process beside the run's
)
