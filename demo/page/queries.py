"""What the report asks of the database: every number on it is in the answer to one of these.

`{models}` is the schema that dbt builds into, `{raw}` the one that the target loads into, and
`%(since)s` is when the second run began. docs/report.md shows them all.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """A question.

    Args:
        title: what the answer is called.
        says: what to see in it, in a sentence.
        columns: what its columns are called, in their order.
        sql: the question.
        tables: the raw tables without which there is nothing to ask.
    """

    title: str
    says: str
    columns: tuple[str, ...]
    sql: str
    tables: tuple[str, ...] = ("issues",)


QUERIES = {
    "flow": Query(
        "Cumulative flow",
        "How many issues were in each status category at the end of each day (UTC). A band that"
        " widens is work that piles up.",
        ("day", "status category", "issues"),
        """
SELECT day, status_category_key, sum(issues) AS issues
FROM {models}.jira_cumulative_flow
WHERE day > (SELECT max(day) FROM {models}.jira_cumulative_flow) - 180
GROUP BY day, status_category_key
ORDER BY day, status_category_key
""",
        ("issues", "changelogs"),
    ),
    "cycle": Query(
        "Cycle time",
        "Each dot is an issue: when it was completed, and how many days after work on it began."
        " Half of all issues took no longer than the lowest line.",
        ("issue", "completed", "days"),
        """
SELECT issue_key, completed, round((cycle_seconds / 86400.0)::numeric, 2) AS days
FROM {models}.jira_issue_cycle_times
WHERE completed IS NOT NULL AND cycle_seconds IS NOT NULL
ORDER BY completed, issue_key
""",
        ("issues", "changelogs"),
    ),
    "percentiles": Query(
        "Cycle time, percentiles",
        "So many per cent of the completed issues took at most so many days.",
        ("per cent", "days"),
        """
SELECT
    percent,
    round(
        (percentile_cont(percent / 100.0) WITHIN GROUP (ORDER BY cycle_seconds) / 86400)::numeric, 2
    ) AS days
FROM {models}.jira_issue_cycle_times, unnest(ARRAY[50, 85, 95]) AS percent
WHERE completed IS NOT NULL AND cycle_seconds IS NOT NULL
GROUP BY percent
ORDER BY percent
""",
        ("issues", "changelogs"),
    ),
    "throughput": Query(
        "Throughput",
        "Issues completed each week, by the Monday that it begins with.",
        ("week", "issues", "story points"),
        """
SELECT week, sum(issues) AS issues, sum(story_points) AS story_points
FROM {models}.jira_throughput_by_week
WHERE week > (SELECT max(week) FROM {models}.jira_throughput_by_week) - 182
GROUP BY week
ORDER BY week
""",
        ("issues", "changelogs"),
    ),
    "sprints": Query(
        "Sprints",
        "The last sprints that began with issues in them: what was committed to at the start, what"
        " came and went, and what was done at the end.",
        ("sprint", "began", "committed", "added", "removed", "completed", "carried over"),
        """
SELECT
    sprint_name,
    start_date,
    committed_issues,
    added_issues,
    removed_issues,
    completed_issues,
    carried_over_issues
FROM {models}.jira_sprint_report
WHERE start_date IS NOT NULL AND committed_issues + added_issues > 0
ORDER BY start_date DESC, sprint_id DESC
LIMIT 6
""",
        ("issues", "changelogs"),
    ),
    "hours": Query(
        "Hours by person",
        "Hours of work logged, by those who logged most.",
        ("person", "hours"),
        """
SELECT coalesce(person_name, 'somebody unknown') AS person, round(sum(hours)::numeric, 1) AS hours
FROM {models}.jira_hours_by_person_and_day
GROUP BY person_id, person_name
ORDER BY sum(hours) DESC, person
LIMIT 15
""",
        ("worklogs",),
    ),
    "changed": Query(
        "What changed in the second run",
        "Issues that arrived in the second run, the one that changed last first.",
        ("issue", "summary", "status", "updated"),
        """
SELECT issues.key, issues.summary, issues.status_name, issues.updated
FROM {models}.jira_issues AS issues
INNER JOIN {raw}.issues AS raw_issues USING (id)
WHERE raw_issues._sdc_received_at >= %(since)s
ORDER BY issues.updated DESC, issues.id
LIMIT 25
""",
    ),
    "deletions": Query(
        "Deletions found",
        "What Jira does not have any more, or does not show any more.",
        ("what", "gone"),
        """
SELECT 'issues' AS what, count(*) AS gone FROM {raw}.deleted_issues WHERE returned_at IS NULL
UNION ALL
SELECT 'worklogs', count(*) FROM {raw}.deleted_worklogs
""",
        ("deleted_issues", "deleted_worklogs"),
    ),
}
