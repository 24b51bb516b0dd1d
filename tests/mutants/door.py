"""Changes at the door: limits, what answers mean, who Jira is, what the settings are."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

CHECKS = "tests/exactness/test_checks.py"
THROTTLE = "tests/exactness/test_throttle.py"
POLITENESS = "tests/exactness/test_politeness.py"
ANSWERS = "tests/faults/test_answers.py"
UNKIND = "tests/faults/test_unkind.py"
CREDENTIALS = "tests/faults/test_credentials.py"
CONNECTION = "tests/e2e/test_connection.py"
PASSES = "tests/faults/test_matrix.py::test_passes"

THROTTLES = (
    Mutant(
        "tap_jira/http/throttle.py",
        "wait = max(self._opens - now, *(bucket.wait(now) for bucket in buckets))",
        "wait = max(bucket.wait(now) for bucket in buckets)",
        "the wait for a quota is one endpoint's, and the others use up the next one",
        (THROTTLE,),
    ),
    Mutant(
        "tap_jira/http/throttle.py",
        'everything = "quota" in reason',
        "everything = False",
        "the same, of every quota",
        (THROTTLE,),
    ),
    Mutant(
        "tap_jira/http/throttle.py",
        "wait = max(hinted, LEAST_WAIT) + self._dice.uniform(*JITTER)",
        "wait = LEAST_WAIT + self._dice.uniform(*JITTER)",
        "whoever says how long to wait is not heeded",
        (THROTTLE, f"{POLITENESS}::test_whoever_says_when_is_heeded"),
    ),
    Mutant(
        "tap_jira/http/throttle.py",
        "wait = max(hinted, LEAST_WAIT) + self._dice.uniform(*JITTER)",
        "wait = hinted + self._dice.uniform(*JITTER)",
        "Retry-After: 0 is asked again at once",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/http/throttle.py",
        "if self._busy >= int(self._allowed):",
        "if False:",
        "max_concurrency is not kept to",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/cli.py",
        "                os._exit(code)\n            raise",
        "                pass\n            raise",
        "a thread that waits for a limit keeps the process from ending",
        (f"{UNKIND}::test_told_to_stop_while_it_waits_as_it_was_asked_to",),
    ),
)

ANSWERED = (
    Mutant(
        "tap_jira/http/answers.py",
        "return not answer.is_cloud and not ratelimits.hint(answer.headers)",
        "return True",
        "Cloud's limit ends the run as if everyone were blocked",
        (f"{ANSWERS}::test_on_cloud_nobody_is_blocked",),
    ),
    Mutant(
        "tap_jira/http/answers.py",
        "        and _searches_issues(answer)\n",
        "",
        "a stack trace of another resource is taken for a result window",
        (f"{ANSWERS}::test_only_a_search_for_issues_is_one",),
    ),
    Mutant(
        "tap_jira/http/answers.py",
        'lambda a: a.authenticated and a.header("X-AUSERNAME") == "anonymous"',
        "lambda a: False",
        "Data Center's answers to nobody are taken for all that there is",
        (f"{CREDENTIALS}::test_expired_in_the_middle",),
    ),
    Mutant(
        "tap_jira/http/answers.py",
        'a.authenticated and a.header("X-Seraph-LoginReason") == "authenticated_failed"',
        "False",
        "Cloud's answers to nobody are taken for all that there is",
        (f"{UNKIND}::test_a_token_ends_where_anyone_may_read",),
    ),
    Mutant(
        "tap_jira/http/answers.py",
        "lambda a: a.status < 300 and a.is_html,  # noqa: PLR2004",
        "lambda a: False,",
        "a log-in page is an answer that is no JSON, and asked for again and again",
        (f"{CONNECTION}::test_a_login_page_instead_of_json",),
    ),
    Mutant(
        "tap_jira/http/answers.py",
        "_status(500, 502, 503, 504, 408, 409, 425)",
        "_status(500, 503, 504, 408, 409, 425)",
        "a gateway that is being restarted ends a stream",
        (PASSES,),
    ),
    Mutant(
        "tap_jira/http/answers.py",
        "lambda a: 300 <= a.status < 400,  # noqa: PLR2004",
        "lambda a: False,",
        "a redirect is not told as such",
        (f"{CONNECTION}::test_a_redirect_is_not_followed",),
    ),
)

SITES = (
    Mutant(
        "tap_jira/jira/site.py",
        'str(info.get("deploymentType", "Server")).lower() == "cloud"',
        'str(info.get("deploymentType", "Cloud")).lower() == "cloud"',
        "a very old server is taken for Cloud",
        (f"{UNKIND}::test_a_server_that_does_not_say_what_it_is",),
    ),
    Mutant(
        "tap_jira/jira/site.py",
        'started_at = pendulum.instance(server_time).in_timezone("UTC") if server_time else now',
        "started_at = now",
        "the machine's clock counts, and not Jira's",
        (f"{UNKIND}::test_the_clock_that_counts_is_jira_s",),
    ),
    Mutant(
        "tap_jira/jira/site.py",
        'if is_cloud and settings.auth_method in {"pat", "cookie"}:\n        raise',
        "if False:\n        raise",
        "a personal access token on Cloud is not told to be none",
        (),
        equal="`myself`, asked next, is refused for it, which is told in the same words",
    ),
    Mutant(
        "tap_jira/jira/site.py",
        'if not isinstance(info, dict) or "version" not in info:',
        "if not isinstance(info, dict):",
        "something that is no Jira is taken for one",
        (f"{UNKIND}::test_something_that_is_no_jira",),
    ),
)

SETTINGS = (
    Mutant(
        "tap_jira/settings.py",
        "password: str | None = dataclasses.field(default=None, repr=False)",
        "password: str | None = None",
        "a password may stand in the log",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/settings.py",
        "if parts.username or parts.password:",
        "if False:",
        "credentials in an address are dropped without a word",
        (f"{CONNECTION}::test_settings_that_cannot_be_meant",),
    ),
    Mutant(
        "tap_jira/settings.py",
        'if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):',
        "if False:",
        "credentials are sent in the clear",
        (f"{CONNECTION}::test_settings_that_cannot_be_meant",),
    ),
    Mutant(
        "tap_jira/settings.py",
        "settings.start_date >= settings.end_date:",
        "False:",
        "a period that ends before it begins is read, and is empty",
        (f"{CONNECTION}::test_settings_that_cannot_be_meant",),
    ),
    Mutant(
        "tap_jira/settings.py",
        'parsed = pendulum.parse(str(value), tz="UTC")',
        'parsed = pendulum.parse(str(value), tz="local")',
        "a date means another one on a machine in another zone",
        (f"{UNKIND}::test_a_date_means_the_same_in_every_zone_of_the_machine",),
    ),
    Mutant(
        "tap_jira/settings.py",
        "    if not text.isprintable():",
        "    if False:",
        "a line break in a token is not told to be the trouble",
        (f"{CONNECTION}::test_settings_that_cannot_be_meant",),
    ),
    Mutant(
        "tap_jira/settings.py",
        'if re.search(r"\\border\\s+by\\b", unquoted, re.IGNORECASE):',
        'if re.search(r"\\border\\s+by\\b", jql, re.IGNORECASE):',
        "a filter that looks for the words is refused",
        (f"{CONNECTION}::test_an_order_by_inside_quotes_is_none",),
    ),
)

DOOR = (*THROTTLES, *ANSWERED, *SITES, *SETTINGS)
