"""TapJira: settings -> connection -> streams."""

from __future__ import annotations

import functools
import os
import sys
import typing as t

import click
from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.tap_base import CliTestOptionValue

from tap_jira import memory, settings
from tap_jira.check import diagnose
from tap_jira.cli import JiraCommand
from tap_jira.connection import Connection
from tap_jira.decode import InvalidJsonError, decode
from tap_jira.errors import ConfigurationError, StateError
from tap_jira.issue_columns import KnownNames
from tap_jira.patience import Patience
from tap_jira.run import FAILED, Run
from tap_jira.secrets import guard_logs
from tap_jira.streams import STREAMS
from tap_jira.workers import Workers
from tap_jira.writer import BufferedWriter

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from singer_sdk.plugin_base import _ConfigInput

    from tap_jira.streams.base import JiraStream

SIGNAL_BASE = 128
"""Added to a signal's number, it is the exit code that shells report for it."""


class TapJira(Tap):
    """Singer tap for Jira Cloud and Jira Data Center."""

    name = "tap-jira"
    package_name = "tap-jira"
    config_jsonschema = settings.CONFIG_SCHEMA
    dynamic_catalog = True
    message_writer_class = BufferedWriter
    _stopped = False

    def __init__(
        self, *, state: t.Any = None, patience: Patience | None = None, **options: t.Any
    ) -> None:
        """A tap as singer-sdk's; without ``patience`` it waits for Jira as a run does.

        It discovers the streams before it loads STATE, which knows what their columns are called.
        """
        self._given_state = state
        self.patience = patience
        super().__init__(state=state, **options)

    @functools.cached_property
    def settings(self) -> settings.Settings:
        """The configuration, parsed; from here on its secrets are kept out of the log."""
        parsed = settings.parse(self.config)
        guard_logs(parsed.secrets)
        return parsed

    @functools.cached_property
    def workers(self) -> Workers:
        """The thread pool."""
        return Workers(self.settings.max_concurrency)

    @functools.cached_property
    def connection(self) -> Connection:
        """The Jira that the settings name."""
        return Connection.open(self.settings, self.workers, self.patience)

    @functools.cached_property
    def run(self) -> Run:
        """What this process does."""
        return Run(self.connection, lambda: self.streams, self._known_names())

    def _known_names(self) -> KnownNames:
        """What the columns of `issues` are called in the given catalog and STATE."""
        catalog = self.input_catalog
        entry = catalog.get_stream("issues") if catalog else None
        properties = None if catalog is None else (entry and entry.schema.properties) or {}
        state: t.Any = self._given_state
        for member in ("bookmarks", "issues", "column_names"):
            state = state.get(member) if isinstance(state, dict) else None
        return KnownNames.of(properties, state)

    def load_state(self, state: dict[str, t.Any]) -> None:
        """Take the STATE of an earlier run.

        Raises:
            StateError: it does not have the shape of one; reading everything again unasked would
                be no answer to that.
        """
        bookmarks = state.get("bookmarks", None if state else {})
        if not isinstance(bookmarks, dict) or not all(
            isinstance(bookmark, dict) for bookmark in bookmarks.values()
        ):
            msg = (
                'The STATE is damaged: expected {"bookmarks": {stream: {…}}}. Restore it, or '
                "remove it to read everything from start_date again."
            )
            raise StateError(msg)
        super().load_state(state)

    def discover_streams(self) -> Sequence[JiraStream]:
        """Every stream, described for this Jira."""
        return [stream(self, self.run) for stream in STREAMS]

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        # What is wrong with a secret must not be shown with it.
        guard_logs(settings.secrets_in(self.config))
        try:
            errors = super()._validate_config(raise_errors=raise_errors)
        except ConfigValidationError as error:
            # The SDK would log a line for each, and one more.
            msg = f"The configuration is not valid: {'; '.join(error.errors)}."
            raise ConfigurationError(msg) from None
        if raise_errors and not errors:
            _ = self.settings
        return errors

    @classmethod
    def invoke(  # type: ignore[override] # as in the SDK's own Tap
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: t.IO[str] | None = None,
        catalog: t.IO[str] | None = None,
    ) -> None:
        """Sync, as the SDK does, and end with the summary and an exit code that is true."""
        super(Tap, cls).invoke(about=about, about_format=about_format)
        memory.share_one_heap()
        tap = cls(
            config=config.config if config else {},
            state=_read_json(state, "--state"),
            catalog=_read_json(catalog, "--catalog"),
            parse_env_config=bool(config and config.parse_env),
        )
        memory.collect_seldom()
        tap.sync_all()
        tap.run.conclude(tap)
        if tap.settings.on_stream_error == "fail":
            tap.fail_if_incomplete()

    def fail_if_incomplete(self) -> None:
        """End with exit code 1 if a stream could not be read."""
        if errors := self.run.report.errors:
            names = ", ".join(sorted(errors))
            self.logger.error("Not complete: %s (see above for the reasons).", names)
            sys.exit(FAILED)

    @classmethod
    def _interactive(cls, ctx: click.Context, *, setup_mapper: bool) -> TapJira:
        """The tap that the command line describes, for options whose answer somebody waits for."""
        given = ctx.params.get("config")
        return cls(
            config=given.config if given else {},
            parse_env_config=bool(given and given.parse_env),
            setup_mapper=setup_mapper,
            patience=Patience.of_an_interactive_command(),
        )

    @classmethod
    def cb_discover(cls, ctx: click.Context, param: click.Option, value: bool) -> None:  # noqa: ARG003, FBT001
        """singer-sdk's ``--discover``, for somebody who waits."""
        if not value:
            return
        cls._interactive(ctx, setup_mapper=False).run_discovery()
        ctx.exit()

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:  # noqa: ARG003
        """singer-sdk's ``--test``, with exit code 1 if a stream cannot be read."""
        if value == CliTestOptionValue.Disabled.value:
            return
        tap = cls._interactive(ctx, setup_mapper=True)
        if value == CliTestOptionValue.Schema.value:
            tap.write_schemas()
        else:
            tap.run_connection_test()
        tap.run.conclude(tap)
        tap.fail_if_incomplete()
        ctx.exit()

    @classmethod
    def cb_check(cls, ctx: click.Context, param: click.Option, value: str | None) -> None:  # noqa: ARG003
        """Print a diagnosis; exit code 1 if a run would not be complete."""
        if value is None:
            return
        tap = cls._interactive(ctx, setup_mapper=False)
        streams = t.cast("list[JiraStream]", list(tap.streams.values()))
        found = diagnose(tap.connection, streams)
        click.echo(found.as_json() if value == "json" else found.as_text())
        ctx.exit(0 if found.ok else FAILED)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """singer-sdk's command, with errors told in one line."""
        command = super().get_singer_command()
        check = click.Option(
            ["--check"],
            is_flag=False,
            flag_value="text",
            type=click.Choice(["text", "json"]),
            help="Show what these credentials can do on this Jira, and exit.",
            callback=cls.cb_check,
            expose_value=False,
        )
        return JiraCommand(
            name=command.name,
            callback=command.callback,
            params=[*command.params, check],
            help=command.help,
            context_settings=command.context_settings,
            logger=cls.logger,
        )

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stop at the next safe point: between two messages, never inside one.

        singer-sdk writes STATE from here and exits; a handler may run in the middle of another
        message's bytes, though. A second signal ends the process at once.
        """
        if self._stopped:
            os._exit(SIGNAL_BASE + signum)
        self._stopped = True
        self.workers.stop(SIGNAL_BASE + signum)


def _read_json(file: t.IO[str] | None, option: str) -> dict[str, t.Any] | None:
    """The content of a file given on the command line."""
    if file is None:
        return None
    try:
        # As answers are: text that no target takes would come out again in STATE.
        content: object = decode(t.cast("t.TextIO", file).buffer.read())
    except InvalidJsonError as error:
        msg = f"The file given with {option} is not JSON: {error}"
        raise ConfigurationError(msg) from None
    if isinstance(content, dict):
        return content
    msg = f"The file given with {option} must hold a JSON object."
    raise ConfigurationError(msg)
