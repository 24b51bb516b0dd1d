"""The command line: singer-sdk's, with errors told in one line and an exit code that is true."""

from __future__ import annotations

import logging
import os
import sys
import typing as t

from singer_sdk.exceptions import MapExpressionError, StreamMapConfigError
from singer_sdk.plugin_base import SingerCommand

from tap_jira.errors import InterruptedRunError, TapJiraError
from tap_jira.run import FAILED


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
        except (MapExpressionError, StreamMapConfigError) as error:
            self.logger.error("The setting stream_maps cannot be followed: %s", error)  # noqa: TRY400
        except BrokenPipeError:
            self.logger.error("The target stopped reading.")  # noqa: TRY400
            # What is still buffered cannot be written; without this, Python would try at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except Exception as error:
            self.logger.error(  # noqa: TRY400
                "Unexpected %s: %s. This is a bug in the tap; the log at level DEBUG shows where.",
                type(error).__name__,
                error,
            )
            self.logger.debug("Traceback", exc_info=True)
        sys.exit(FAILED)
