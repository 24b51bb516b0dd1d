"""singer-sdk's own suite: every test of it, for every stream and column of both products."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from sandbox import Options, Sandbox
from tap_jira.tap import TapJira

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_jira.streams.base import JiraStream

# The SDK warns of a column without any value: a product has not all that the other has.
pytestmark = pytest.mark.filterwarnings("ignore:No records were available to test:UserWarning")

#: Enough for each column to be filled somewhere.
ISSUES = 130
ENOUGH = 100_000


class Everything(TapJira):
    """With the streams that are off by default."""

    def discover_streams(self) -> Sequence[JiraStream]:
        """All of them, selected."""
        streams = super().discover_streams()
        for stream in streams:
            stream.selected_by_default = True
        return streams


def suite(jira: Sandbox) -> type:
    """The suite for a Jira, which has to answer as soon as tests are collected."""
    jira.start()
    atexit.register(jira.stop)
    made: type = get_tap_test_class(
        Everything,
        config=jira.settings(),
        parse_env_config=False,
        suite_config=SuiteConfig(
            max_records_limit=ENOUGH,
            # Of a first run, nothing is gone.
            ignore_no_records_for_streams=["deleted_issues"],
        ),
    )
    return made


TestCloud = suite(Sandbox(Options(issues=ISSUES, clock_runs=False)))
TestDataCenter = suite(Sandbox(Options(personality="dc", issues=ISSUES, clock_runs=False)))
