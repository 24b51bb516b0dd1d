"""What a sandbox is asked to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Literal

#: From this Data Center release on, passwords are off unless an administrator allows them.
NO_BASIC_SINCE = (11,)
Personality = Literal["cloud", "dc"]


@dataclass(frozen=True)
class PageCaps:
    """The hard page sizes and embedded limits of the two products."""

    search: int = 100
    search_ids: int = 5000
    search_dc: int = 1000
    bulkfetch: int = 100
    bulkfetch_plain: int = 1000
    comments: int = 100
    comments_by_id: int = 1000
    changelog: int = 100
    changelog_bulk_issues: int = 1000
    changelog_bulk_page: int = 10_000
    worklogs: int = 5000
    worklogs_by_id: int = 1000
    feed: int = 1000
    projects: int = 100
    users: int = 1000
    users_bulk: int = 200
    user_list: int = 2000
    embedded_comments: int = 20
    embedded_worklogs: int = 20
    embedded_histories: int = 40
    #: Histories inside an issue of a Data Center search, and of an issue read alone; None: all.
    embedded_histories_dc: int | None = None
    embedded_histories_dc_alone: int | None = None


@dataclass(frozen=True)
class RateLimit:
    """A token bucket: per endpoint on Cloud, per user on Data Center."""

    per_second: float
    burst: int = 1


@dataclass
class Options:
    """Everything that shapes a sandbox; the defaults make a friendly Cloud site."""

    personality: Personality = "cloud"
    issues: int = 1000
    seed: int = 1
    context_path: str = ""
    time_zone: str = "Europe/Berlin"
    server_time_zone: str = "UTC"
    version: str = "10.3.24"
    caps: PageCaps = field(default_factory=PageCaps)
    tokens: Literal["stable", "unstable"] = "stable"
    is_last: Literal["always", "sometimes", "never"] = "sometimes"
    max_result_window: int | None = None
    index_lag_seconds: float = 0.0
    latency_seconds: float = 0.0
    rate_limit: RateLimit | None = None
    #: None follows the product: on for Cloud and Data Center 10, off by default from 11 on.
    basic_auth_enabled: bool | None = None
    #: Whether "Anyone" may browse the one public project.
    anonymous_access: bool = True
    #: Whether the caller has the global permission to browse users.
    browse_users: bool = True
    #: Whether the caller administers Jira, and with it every project.
    administrator: bool = True
    #: Permissions that the caller lacks, with the keys of the projects; ``*`` for all.
    withheld: dict[str, tuple[str, ...]] = field(default_factory=dict)
    #: Whether people may vote for issues.
    voting: bool = True
    #: Whether Jira Software is there, and licensed.
    software: bool = True
    #: Whether Jira Service Management is there and licensed, and whether the caller is an agent.
    service_management: bool = True
    service_licensed: bool = True
    agent: bool = True
    #: Whether customers may say how they were served.
    feedback: bool = True
    #: How many projects are service desks, and how many pages of customers a second are allowed.
    service_desks: int = 1
    customer_burst: int | None = None
    #: Cloud: whether any product is paid for, and whether the plan is one of the dearer ones.
    paid: bool = True
    premium: bool = True
    #: How many audit records come with every look at the audit log, and how late some are written.
    audit_arrivals: int = 0
    audit_late_seconds: float = 0.0
    #: How many groups the picker shows at most (``jira.ajax.autocomplete.limit``).
    picker_limit: int = 20
    time_tracking: bool = True
    #: Not documented either way: whether deleting an issue lists its worklogs as deleted.
    feed_worklogs_of_deleted_issues: bool = True
    #: How many issues share one minute of ``updated``; None is a tenth of them.
    bulk_minute: int | None = None
    start: datetime = datetime(2026, 6, 15, 12, tzinfo=timezone.utc)
    #: Let real time pass on top of the virtual start.
    clock_runs: bool = True
    cloud_id: str = "11223344-a1b2-4b33-8c44-def123456789"
    #: DC: a login that fails this often in a row is answered with a CAPTCHA challenge.
    captcha_after: int | None = None
    #: Whether the worklog feeds list the changes of the millisecond `since` again; "after" is what
    #: the documentation says of it.
    feed_inclusive: bool = False
    #: How fine the search index orders by time (Lucene keeps seconds): equal values come in any
    #: order, another one each time, unless a unique key ends the ORDER BY (JRACLOUD-95368,
    #: JRASERVER-69860).
    order_ms: int = 1000
    #: Cloud: ids in a query that are gone are left out of the answer, or leave out all others too.
    dead_ids: Literal["dropped", "empty"] = "dropped"
    #: Cloud: whether there still is ``search``, which pages by offsets and was removed in 2025.
    old_search: bool = False
    #: Cloud: whether there is ``issue/bulkfetch``.
    bulkfetch: bool = True
    #: Cloud: `issueChangeLogs` and `issueErrors`, which no schema requires, are absent when there
    #: are none.
    terse: bool = False
    #: Whether lists of comments, embedded and paged, say their `total`.
    comment_totals: bool = True
    #: Comments that are hidden from the caller count in `total` nevertheless.
    count_hidden_comments: bool = False
    #: Cloud: further users, behind the others, and those of them that the caller may not see.
    more_users: int = 0
    hidden_users: tuple[int, int] = (0, 0)
    #: Further live projects, behind the others and without issues.
    more_projects: int = 0
    #: Further custom fields, of common kinds and seldom filled.
    more_custom_fields: int = 0
    #: Boards of every kind; the 40th and the 41st cannot be read.
    boards: int = 60
    #: Cloud: `users/search` takes more than ten seconds, and gives up, for pages larger than this.
    users_too_slow_above: int | None = None
    #: Ids as real sites give them, numbers where the others are text: of attachments, security
    #: levels and the options of apps.
    numeric_ids: bool = False

    @property
    def cloud(self) -> bool:
        """Whether this is the Cloud personality."""
        return self.personality == "cloud"

    @property
    def version_numbers(self) -> tuple[int, ...]:
        """The Data Center version as numbers."""
        return tuple(int(part) for part in self.version.split("."))

    @property
    def basic_allowed(self) -> bool:
        """Whether a user name and password are accepted."""
        if self.basic_auth_enabled is not None:
            return self.basic_auth_enabled
        return self.cloud or self.version_numbers < NO_BASIC_SINCE
