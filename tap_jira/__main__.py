"""``python -m tap_jira``: the same command line as the ``tap-jira`` script."""

from tap_jira.tap import TapJira

TapJira.cli()
