"""The command line: singer-sdk's, with errors told in one line and an exit code that is true."""

from __future__ import annotations

import logging
import os
import sys
import typing as t

from singer_sdk.plugin_base import PluginBase, SingerCommand

from tap_jira.blame import of_one_stream, sentence
from tap_jira.errors import InterruptedRunError, TapJiraError
from tap_jira.run import FAILED

if t.TYPE_CHECKING:
    import click
    from singer_sdk import Tap

LOG_LEVEL = "TAP_JIRA_LOGLEVEL"
LOG_CONFIG = "SINGER_SDK_LOG_CONFIG"


class JiraCommand(SingerCommand):
    """Ends every failure with one line in the log and exit code 1, without a traceback.

    singer-sdk reports configuration errors of a sync only; discovery and ``--test`` run while the
    command line is still being parsed.
    """

    def main(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Run, explain what went wrong, and leave."""
        try:
            self._explained(*args, **kwargs)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
            if code:
                # Requests may still be under way in threads that Python would wait for.
                logging.shutdown()
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
            raise

    def _explained(self, *args: t.Any, **kwargs: t.Any) -> None:
        try:
            super().main(*args, **kwargs)
        except InterruptedRunError as error:
            self.logger.error("%s", error)  # noqa: TRY400 - no traceback for the user
            sys.exit(error.exit_code)
        except TapJiraError as error:
            self.logger.error("%s", error)  # noqa: TRY400
        except BrokenPipeError:
            self.logger.error("The target stopped reading.")  # noqa: TRY400
            # What is still buffered cannot be written; without this, Python would try at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except Exception as error:  # noqa: BLE001 - nobody above tells of it
            self.logger.error("%s", sentence(error) or of_one_stream(error))  # noqa: TRY400
        sys.exit(FAILED)


def command_of(tap: type[Tap]) -> click.Command:
    """singer-sdk's command, once its log is set up.

    Before that there is no log to tell an error in; what is wrong is the set-up itself.
    """
    try:
        command: click.Command = vars(PluginBase)["cli"].method(tap)
    except Exception as error:  # noqa: BLE001 - whatever a logging configuration can raise
        sys.stderr.write(f"{_log_trouble(error)}\n")
        sys.exit(FAILED)
    return command


def _log_trouble(error: Exception) -> str:
    name = LOG_LEVEL if os.environ.get(LOG_LEVEL) else "LOGLEVEL"
    level = os.environ.get(name, "INFO")
    if not isinstance(logging.getLevelName(level.upper()), int):
        return f"{name} is {level}, which is no log level: use DEBUG, INFO, WARNING or ERROR."
    file = os.environ.get(LOG_CONFIG)
    return (
        f"The file {file}, which {LOG_CONFIG} names, is no logging configuration: "
        f"{' '.join(str(error).split())}"
    )
