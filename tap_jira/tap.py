"""TapJira: settings -> connection -> streams."""

from __future__ import annotations

import copy
import functools
import os
import sys
import typing as t

import click
import msgspec
from singer_sdk import Tap
from singer_sdk.cli import plugin_cli
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.tap_base import CliTestOptionValue

from tap_jira import configuration, files, memory, settings
from tap_jira.check import diagnose
from tap_jira.cli import JiraCommand, command_of
from tap_jira.errors import ConfigurationError, StateError
from tap_jira.http.patience import Patience
from tap_jira.http.workers import Workers
from tap_jira.jira.connection import Connection
from tap_jira.migration import migrate
from tap_jira.records.issue_columns import KnownNames
from tap_jira.run import FAILED, Run
from tap_jira.secrets import guard_logs
from tap_jira.settings_schema import CONFIG_SCHEMA
from tap_jira.slicing import MOST_SLICES, Planner
from tap_jira.states import States
from tap_jira.streams import DECLARED, discover
from tap_jira.writer import BufferedWriter

if t.TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Sequence
    from types import FrameType

    from tap_jira.streams.base import JiraStream

SIGNAL_BASE = 128
"""Added to a signal's number, it is the exit code that shells report for it."""


class TapJira(Tap):
    """Singer tap for Jira Cloud and Jira Data Center."""

    name = "tap-jira"
    package_name = "tap-jira"
    config_jsonschema = copy.deepcopy(CONFIG_SCHEMA)  # singer-sdk adds its own settings to it
    dynamic_catalog = True
    message_writer_class = BufferedWriter
    cli = plugin_cli(command_of)
    _stopped = False
    assumed: t.Collection[str] = ()
    """Streams that are taken to be there, whatever they need."""

    def __init__(
        self, *, state: t.Any = None, patience: Patience | None = None, **options: t.Any
    ) -> None:
        """A tap as singer-sdk's, whose STATE is written by :class:`.states.States`.

        Without ``patience`` it waits for Jira as a run does.

        It discovers the streams before it loads STATE, which knows what their columns are called.
        """
        self._given_state = state
        self.patience = patience
        self.logger.addFilter(_is_worth_a_line)
        super().__init__(state=state, **options)
        if isinstance(self.message_writer, BufferedWriter):
            self._state_writer = States(self.message_writer)

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
        """Every stream, described for this Jira.

        What a catalog names was there when that was made, and what STATE knows was read: reading it
        again tells what has become of it, and no request is spent on that before.
        """
        if self.assumed:
            return discover(self, self.run, self.assumed)
        catalog = self.input_catalog
        if catalog is not None:
            names = [entry.tap_stream_id for entry in catalog.streams]
            return discover(self, self.run, names, ask=False)
        state: t.Any = self._given_state
        bookmarks = state.get("bookmarks") if isinstance(state, dict) else None
        return discover(self, self.run, bookmarks if isinstance(bookmarks, dict) else ())

    @property
    def _env_var_config(self) -> dict[str, t.Any]:
        """The settings in environment variables, with errors and warnings of ours."""
        self.append_builtin_config(self.config_jsonschema)
        return configuration.from_environment(self.config_jsonschema)

    def setup_mapper(self) -> None:
        """Prepare stream maps and flattening, and say which maps are for no stream.

        Raises:
            ConfigurationError: flattening is not set up completely.
        """
        for entry in self.input_catalog.streams if self.input_catalog else ():
            for column in (entry.schema.properties or {}).values():
                # Catalogs of earlier versions have it empty, and flattening leaves nothing of that.
                column.properties = column.properties or None
        try:
            _ = self.streams  # what they leave out of a catalog is no part of a SCHEMA
            super().setup_mapper()
        except ConfigValidationError as error:
            raise _invalid(error) from None
        configuration.warn_of_idle_maps(self.config.get("stream_maps") or {}, list(self.catalog))

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        # What is wrong with a secret must not be shown with it.
        guard_logs(settings.secrets_in(self.config))
        self.append_builtin_config(self.config_jsonschema)
        configuration.warn_of_unknown(self.config, self.config_jsonschema)
        try:
            errors = super()._validate_config(raise_errors=raise_errors)
        except ConfigValidationError as error:
            # The SDK would log a line for each, and one more.
            raise _invalid(error) from None
        configuration.check_batches(self.config.get("batch_config"))
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
        state: dict[str, t.Any] | None = None,
        catalog: dict[str, t.Any] | None = None,
    ) -> None:
        """Sync, as the SDK does, and end with the summary and an exit code that is true."""
        super(Tap, cls).invoke(about=about, about_format=about_format)
        memory.keep_one_heap()
        config = config or _ConfigInput()
        tap = cls(
            config=config.config,
            parse_env_config=config.parse_env,
            state=state,
            catalog=catalog,
        )
        memory.collect_seldom()
        tap.sync_all()
        tap.run.finish(tap)
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
        given = ctx.params.get("config") or _ConfigInput()
        return cls(
            config=given.config,
            parse_env_config=given.parse_env,
            setup_mapper=setup_mapper,
            patience=Patience.of_an_interactive_command(),
        )

    @classmethod
    def cb_config(
        cls,
        ctx: click.Context,  # noqa: ARG003 - click's way to call it
        param: click.Option,  # noqa: ARG003
        value: tuple[str, ...],
    ) -> _ConfigInput:
        """What ``--config`` names, with an error of ours for a file that is no configuration."""
        paths = [each for each in value if each != configuration.ENVIRONMENT]
        return _ConfigInput(configuration.from_files(paths), parse_env=len(paths) < len(value))

    @classmethod
    def cb_discover(cls, ctx: click.Context, param: click.Option, value: bool) -> None:  # noqa: ARG003, FBT001
        """singer-sdk's ``--discover``, for somebody who waits."""
        if not value:
            return
        tap = cls._interactive(ctx, setup_mapper=False)
        tap.connection.describe_fields()
        tap.run_discovery()
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
        # What an app lacks shows when it is asked for something: one request tells it all.
        tap.assumed = DECLARED
        tap.setup_mapper()
        found = diagnose(tap.connection, t.cast("list[JiraStream]", [*tap.streams.values()]))
        click.echo(found.as_json() if value == "json" else found.as_text())
        ctx.exit(0 if found.ok else FAILED)

    @classmethod
    def cb_migrate(cls, ctx: click.Context, param: click.Option, value: str | None) -> None:  # noqa: ARG003
        """Print what becomes of another tap's configuration and STATE."""
        if value is None:
            return
        found = migrate(files.read(files.FOREIGN, value), ctx.params.get("state"))
        for note in found.notes:
            cls.logger.info("%s", note)
        click.echo(msgspec.json.format(msgspec.json.encode(found.as_json()), indent=2).decode())
        ctx.exit()

    @classmethod
    def cb_slices(cls, ctx: click.Context, param: click.Option, value: int | None) -> None:  # noqa: ARG003
        """Print settings for processes that read the site side by side."""
        if value is None:
            return
        tap = cls._interactive(ctx, setup_mapper=False)
        made = msgspec.json.encode(Planner(tap.connection).plan(value))
        click.echo(msgspec.json.format(made, indent=2).decode())
        ctx.exit()

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
        slices = click.Option(
            ["--slices"],
            type=click.IntRange(1, MOST_SLICES),
            help="Show settings for at most so many runs that together read all, and exit.",
            callback=cls.cb_slices,
            expose_value=False,
        )
        foreign = click.Option(
            ["--migrate"],
            metavar="FILE",
            help="Turn another tap's configuration, and its STATE if --state names it, into this "
            "one's, and exit.",
            callback=cls.cb_migrate,
            expose_value=False,
        )
        for option in command.params:
            if kind := files.GIVEN.get(option.name or ""):
                # Read with errors of ours, and before any command that does without it.
                option.type = click.STRING
                option.is_eager = True
                option.callback = _reads(kind)
        return JiraCommand(
            name=command.name,
            callback=command.callback,
            params=[*command.params, check, slices, foreign],
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


def _reads(kind: files.Kind) -> Callable[..., dict[str, t.Any] | None]:
    """What click is to do with an option that names a file."""

    def read(_: click.Context, __: click.Parameter, path: str | None) -> dict[str, t.Any] | None:
        return None if path is None else files.read(kind, path)

    return read


def _invalid(error: ConfigValidationError) -> ConfigurationError:
    return ConfigurationError(f"The configuration is not valid: {'; '.join(error.errors)}.")


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Not that a stream is not selected: singer-sdk says it of each, and there are dozens."""
    return not str(record.msg).startswith("Skipping deselected")
