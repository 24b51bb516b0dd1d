"""The changes: what a careful engineer would fear to have made, each at one place of the core.

When the code changes, so does the list: ``tests/test_mutants.py`` says which entry no longer
applies. Who adds a check to the core adds a change here that takes it away.
"""

from __future__ import annotations

from tests.mutants.mutant import Mutant

PROPERTIES = "tests/exactness/test_search_properties.py"
CLOUD = f"{PROPERTIES}::test_cloud"
DATA_CENTER = f"{PROPERTIES}::test_data_center"
LIES = "tests/exactness/test_lies.py"
CHECKS = "tests/exactness/test_checks.py"
WORKERS = "tests/exactness/test_workers.py"
UNKIND = "tests/faults/test_unkind.py"
NEWNESS = "tests/exactness/test_newness.py"
COVERAGE = "tests/exactness/test_coverage.py"
CREDENTIALS = "tests/faults/test_credentials.py"
SECRETS = "tests/faults/test_secrets.py"
TIME = "tests/e2e/test_time.py"
CONNECTION = "tests/e2e/test_connection.py"
REQUESTS = "tests/e2e/test_requests.py"

SEARCH = (
    Mutant(
        "tap_jira/search_cloud.py",
        'for error in answer.get("issueErrors") or () if "id" in error]',
        'for error in () if "id" in error]',
        "issues that bulk fetch could not load are lost",
        (f"{UNKIND}::test_issues_that_do_not_load_at_once",),
    ),
    Mutant(
        "tap_jira/query.py",
        '*("issueErrors", "nextPageToken", "isLast", "warnings")',
        '*("nextPageToken", "isLast", "warnings")',
        "the same, from the second answer on, which is decoded in part",
        (f"{UNKIND}::test_issues_that_do_not_load_at_once",),
    ),
    Mutant(
        "tap_jira/search_cloud.py",
        """                raise TooManyError
            return unique(issues)""",
        """                pass
            return unique(issues)""",
        "an answer without its token is taken for whole",
        (f"{UNKIND}::test_an_answer_without_its_token", CLOUD),
    ),
    Mutant(
        "tap_jira/search_cloud.py",
        'return None if answer.get("isLast") is False else issues',
        "return issues",
        "the same, on a walk",
        (CLOUD,),
    ),
    Mutant(
        "tap_jira/search_cloud.py",
        'if answer.get("nextPageToken") or answer.get("isLast") is False:',
        'if answer.get("nextPageToken"):',
        "the same, in an increment",
        (CLOUD,),
    ),
    Mutant(
        "tap_jira/search_cloud.py",
        "if not missing or len(ids) == 1:",
        "if True:",
        "one id that is gone takes the others with it",
        (f"{UNKIND}::test_ids_that_are_gone_where_there_is_no_bulk_fetch", CLOUD),
    ),
    Mutant(
        "tap_jira/search_cloud.py",
        """            if token in tokens:
                return None
""",
        "",
        "tokens that go in circles are followed for ever",
        (CLOUD,),
    ),
    Mutant(
        "tap_jira/search_cloud.py",
        "if before is not None and before.keys() <= found.keys():",
        "if before is not None:",
        "walks that contradict each other are believed",
        (f"{LIES}::test_walks_that_skip_the_same_row_do_not_agree", CLOUD),
    ),
    Mutant(
        "tap_jira/search_cloud.py",
        "before = found if len(found) == len(issues) else None",
        "before = found",
        "a walk on which a row came twice, and another therefore not at all, is believed",
        (CLOUD,),
    ),
    Mutant(
        "tap_jira/search_dc.py",
        "in given and _all_before(rows[:1], window.updated)",
        "in given",
        "a row that has left the window connects two pages of it",
        (DATA_CENTER,),
    ),
    Mutant(
        "tap_jira/jql.py",
        'ORDER = " ORDER BY updated ASC, key ASC"',
        'ORDER = " ORDER BY updated ASC"',
        "equal times come in another order on each page",
        (DATA_CENTER,),
    ),
    Mutant(
        "tap_jira/jql.py",
        'found.append(f"{field} < {to_ms(self.end)}")',
        'found.append(f"{field} < {to_ms(self.end) - 60_000}")',
        "the last minute of each window is in none",
        (CLOUD,),
    ),
    Mutant(
        "tap_jira/jql.py",
        'escaped = text.replace("\\\\", "\\\\\\\\").replace(\'"\', \'\\\\"\')',
        "escaped = text",
        "a project key with a quotation mark ends the query",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/search_dc.py",
        "return bool(rows) and _version(rows[0]) in given and _all",
        "return bool(rows) and _all",
        "pages that do not connect are believed",
        (DATA_CENTER,),
    ),
    Mutant(
        "tap_jira/search_dc.py",
        "if error.status == 500:  # noqa: PLR2004 - beyond the result window",
        "if False:",
        "a result window ends the stream",
        (DATA_CENTER,),
    ),
    Mutant(
        "tap_jira/search_dc.py",
        "at, back = max(at - back, 0), 2 * back",
        "at, back = at, 2 * back",
        "pages that were moved up are waited for, not gone back for",
        (DATA_CENTER,),
    ),
    Mutant(
        "tap_jira/search_dc.py",
        """places: see `_connects`.
            self.calm = False""",
        """places: see `_connects`.
            pass""",
        "what the index may not know yet settles",
        (f"{LIES}::test_what_the_index_may_not_know_yet_settles_only_in_one_answer",),
    ),
    Mutant(
        "tap_jira/search_dc.py",
        'return unique(answer["issues"])[:size], int(answer["total"])',
        'return answer["issues"][:size], int(answer["total"])',
        "a row twice stands for one that is missing",
        (f"{LIES}::test_a_row_twice_does_not_stand_for_one_that_is_missing",),
    ),
)

PASSES = (
    Mutant(
        "tap_jira/comment_lists.py",
        "if not fits or len(comments) != step.total:",
        "if not fits:",
        "a list of comments that is cut off is taken for whole",
        (CHECKS, CLOUD),
    ),
    Mutant(
        "tap_jira/comment_lists.py",
        'fits = fits and bool(rows) and rows[0]["id"] == comments[-1]["id"]',
        "fits = fits and bool(rows)",
        "a comment deleted and one added between two pages hide a third",
        (CHECKS, CLOUD),
    ),
    Mutant(
        "tap_jira/comment_lists.py",
        "starts = range(0, max(total - 1, 1), COMMENT_PAGE - 1)",
        "starts = range(0, max(total - 1, 1), COMMENT_PAGE)",
        "pages of comments do not overlap, and each long list is read twice",
        (REQUESTS,),
    ),
    Mutant(
        "tap_jira/issue_pass.py",
        'issue if embedded(issue, "changelog")[1] else self._read_alone(issue)',
        "issue",
        "a changelog that Data Center cuts off is taken for whole",
        (f"{UNKIND}::test_changelogs_that_a_search_cuts_off", DATA_CENTER),
    ),
    Mutant(
        "tap_jira/issue_pass.py",
        'if not embedded(found, "changelog")[1]:',
        "if False:",
        "the same, where it is read alone",
        (f"{UNKIND}::test_changelogs_that_are_always_cut_off",),
    ),
    Mutant(
        "tap_jira/issue_pass.py",
        "yield Milestone(span.end, self._search.calm)",
        "yield Milestone(span.end)",
        "a pass in which much moved settles, and the rows of what it missed stay out",
        (CHECKS, DATA_CENTER),
    ),
    Mutant(
        "tap_jira/issue_pass.py",
        "return all(values) and ENCODED_NULL not in values and _ENCODED_EMPTY not in values",
        "return all(values) and _ENCODED_EMPTY not in values",
        "a field that failed to load as null is written as such",
        (f"{UNKIND}::test_a_field_that_does_not_load_at_once",),
    ),
    Mutant(
        "tap_jira/issue_pass.py",
        "return all(values) and ENCODED_NULL not in values and _ENCODED_EMPTY not in values",
        "return all(values) and ENCODED_NULL not in values",
        "a field that failed to load as {} is written as such",
        (f"{UNKIND}::test_a_field_that_does_not_load_at_once",),
    ),
    Mutant(
        "tap_jira/issue_pass.py",
        "if len(whole) < len(issues):",
        "if False:",
        "issues without all of their fields are left out",
        (f"{UNKIND}::test_a_field_that_does_not_load_at_once", CLOUD),
    ),
    Mutant(
        "tap_jira/issue_pass.py",
        "if absent:  # gone",
        "if False:  # gone",
        "issues that an answer leaves out are taken for gone",
        (f"{LIES}::test_no_row_is_lost",),
    ),
    Mutant(
        "tap_jira/histories.py",
        "while self._whole and page.next_page_token:",
        "while False:",
        "an increment judges an issue by a part of its histories",
        (CLOUD,),
    ),
    Mutant(
        "tap_jira/histories.py",
        "if page.next_page_token in tokens[1:]:",
        "if False:",
        "pages of histories that go in circles are read for ever",
        (f"{LIES}::test_histories_whose_tokens_go_in_circles_end",),
    ),
    Mutant(
        "tap_jira/streams/comments.py",
        """        if self.was_overtaken(issue["id"], _version(issue)):
            return
""",
        "",
        "an older answer that comes last undoes a newer one",
        (CLOUD,),
    ),
    Mutant(
        "tap_jira/streams/issue_based.py",
        'or epoch_ms(fields.get("created")) >= self.bookmark.settled_ms',
        "or False",
        "the first comments of a new issue are older than the bookmark",
        (CLOUD,),
    ),
    Mutant(
        "tap_jira/newness.py",
        'SCOPE_FIELDS = frozenset({"Key", "project", "security"})',
        'SCOPE_FIELDS = frozenset({"security"})',
        "an issue that was moved into the scope comes without its comments",
        (CLOUD,),
    ),
)

BOOKMARKS = (
    Mutant(
        "tap_jira/bookmark.py",
        "if version >= since_ms",
        "if version > since_ms",
        "the row on the bookmark itself is sent by each run",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/bookmark.py",
        "self.value = max(reached, self.value) if self.value else reached",
        "self.value = reached",
        "the bookmark moves back when lookback_seconds is raised",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/bookmark.py",
        "if len(sent) > MEMORY:",
        "if False:",
        "STATE grows without bound",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/bookmark.py",
        "sorted(sent.items(), key=lambda item: item[1])[-MEMORY:]",
        "sorted(sent.items(), key=lambda item: item[1])[:MEMORY]",
        "STATE remembers the rows that are soon behind the bookmark, and forgets the others",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/bookmark.py",
        "reached = min(instant, self.limit) if instant else self.limit",
        "reached = instant or self.limit",
        "the bookmark passes what the index may not know yet",
        (CLOUD, DATA_CENTER),
    ),
    Mutant(
        "tap_jira/bookmark.py",
        "return sent > version_ms or (",
        "return (",
        "an older answer that comes last is written over the newer one",
        (f"{LIES}::test_an_answer_that_was_overtaken_does_not_undo_the_newer_one",),
    ),
)

FEEDS = (
    Mutant(
        "tap_jira/streams/feed_based.py",
        "return max(to_ms(since) - 1, 0) if since else 0",
        "return to_ms(since) if since else 0",
        "a run that was broken off within a millisecond loses the rest of it",
        (f"{UNKIND}::test_a_feed_broken_off_within_a_millisecond",),
    ),
    Mutant(
        "tap_jira/feed.py",
        "return self.last - 1",
        "return self.last",
        "a page that ends within a millisecond loses the rest of it",
        (f"{UNKIND}::test_pages_of_feeds_that_end_within_a_millisecond",),
    ),
    Mutant(
        "tap_jira/feed.py",
        "bool(is_last) or (not changes and is_last is None),",
        "bool(is_last) or not changes,",
        "an empty page that says there is more is taken for the end",
        (f"{UNKIND}::test_a_page_of_a_feed_that_is_empty_though_there_is_more",),
    ),
    Mutant(
        "tap_jira/feed.py",
        "yield page, [change for change in page.changes if change not in previous]",
        "yield page, page.changes",
        "worklogs at a page's end are written twice",
        ("tests/exactness/test_interruption.py",),
    ),
)

LISTS = (
    Mutant(
        "tap_jira/streams/users.py",
        'return {"username": ".", "includeInactive": "true"} if self._is_old else {}',
        'return {"username": "."} if self._is_old else {}',
        "an old Data Center's inactive users are missing",
        (f"{UNKIND}::test_users_of_an_old_data_center",),
    ),
    Mutant(
        "tap_jira/pagination.py",
        "if anchor is not None and (not ids or ids[0] != anchor):",
        "if False:",
        "a project deleted between two pages hides another one",
        (f"{UNKIND}::test_projects_deleted_between_two_pages",),
    ),
)

RUNNING = (
    Mutant(
        "tap_jira/workers.py",
        """        while True:
            self.check()
            # Waited""",
        """        while True:
            # Waited""",
        "who waits as long as Jira says does not stop when told to",
        (f"{UNKIND}::test_told_to_stop_while_it_waits_as_it_was_asked_to",),
    ),
    Mutant(
        "tap_jira/workers.py",
        "pending.extendleft(reversed(following))",
        "pending.extendleft(following)",
        "what follows from a job comes in the wrong order",
        (CHECKS, WORKERS, CLOUD),
    ),
    Mutant(
        "tap_jira/writer.py",
        " or not isinstance(message, (BuiltRecord, RecordMessage))",
        "",
        "a STATE waits for what comes after it",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/auth.py",
        "self._refusal = refusal",
        "self._refusal = None",
        "each request that waits tries the wrong password, and brings on the CAPTCHA",
        (f"{UNKIND}::test_the_password_changes_while_eight_requests_wait", CREDENTIALS),
    ),
    Mutant(
        "tap_jira/auth.py",
        "        secrets.learn(self._value)\n",
        "",
        "a token that Jira repeats stands in the log",
        (f"{UNKIND}::test_jira_repeats_a_token_that_it_gave_out", SECRETS),
    ),
    Mutant(
        "tap_jira/auth.py",
        "            secrets.learn(rotated)\n",
        "",
        "the same, of the token that renews it",
        (f"{UNKIND}::test_jira_repeats_a_token_that_it_gave_out", SECRETS),
    ),
    Mutant(
        "tap_jira/auth.py",
        "            if self._value == stale:\n                self._replace()",
        "            self._replace()",
        "eight requests renew the token eight times",
        (CREDENTIALS,),
    ),
    Mutant(
        "tap_jira/auth.py",
        "        self._file.check_writable()\n",
        "",
        "a refresh token is used up before it is known that its successor can be kept",
        (CREDENTIALS,),
    ),
)

NEW = (
    Mutant(
        "tap_jira/bookmark.py",
        "return self.former is not None and numeric(issue_id) > self.former",
        "return False",
        "an imported issue comes without its comments and histories",
        (f"{NEWNESS}::test_an_imported_issue_comes_with_what_is_in_it", CLOUD),
    ),
    Mutant(
        "tap_jira/bookmark.py",
        "young = [self._lowest_young - 1] if self._lowest_young else []",
        "young: list[int] = []",
        "what an importer adds after the issue was read stays out",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/bookmark.py",
        "row: version if version < self._young_ms else version - 1",
        "row: version",
        "a row that was read while Jira wrote it is never read again",
        (f"{NEWNESS}::test_a_row_that_was_read_while_it_was_written",),
    ),
    Mutant(
        "tap_jira/bookmark.py",
        "self._scope, self.backfill = self._coverage, None",
        "self.backfill = None",
        "projects that were added are read from the start by each run",
        (f"{COVERAGE}::test_projects_that_are_added",),
    ),
    Mutant(
        "tap_jira/streams/issue_based.py",
        "self.connection.settings.jql\n            or",
        "False\n            or",
        "an issue that comes to match the filter comes without what is in it",
        (f"{NEWNESS}::test_an_issue_that_comes_to_match_the_filter",),
    ),
    Mutant(
        "tap_jira/newness.py",
        'frozenset({"Key", "project", "security"})',
        'frozenset({"Key", "project"})',
        "an issue whose security level was lifted comes without its comments",
        (f"{NEWNESS}::test_an_issue_whose_security_level_is_lifted",),
    ),
    Mutant(
        "tap_jira/newness.py",
        "return older[:count] + same",
        "return []",
        "histories that come silently are dropped though they were downloaded",
        (f"{NEWNESS}::test_a_history_that_does_not_move_updated", CLOUD),
    ),
    Mutant(
        "tap_jira/newness.py",
        "return name.lower() in EDITED_FIELDS",
        "return False",
        "every old history is sent again with its issue",
        (f"{NEWNESS}::test_a_history_that_does_not_move_updated",),
    ),
    Mutant(
        "tap_jira/coverage.py",
        "return Projects(added) if added else None",
        "return None",
        "the old issues of a project that was added are missing",
        (f"{COVERAGE}::test_projects_that_are_added",),
    ),
    Mutant(
        "tap_jira/coverage.py",
        "self.reached = pendulum.instance(instant) if instant else None",
        "self.reached = None",
        "a back-fill that is broken off begins anew, for ever if it takes too long",
        (f"{COVERAGE}::test_a_back_fill_goes_on_where_it_was_broken_off",),
    ),
    Mutant(
        "tap_jira/streams/worklogs.py",
        "if self.takes_part:\n            yield from",
        "if False:\n            yield from",
        "worklogs of an issue that came into view are missing where worklogs are read alone",
        (f"{NEWNESS}::test_an_issue_whose_security_level_is_lifted",),
    ),
    Mutant(
        "tap_jira/streams/worklogs.py",
        "and worklog_id not in crowds[version]",
        "and True",
        "worklogs of a crowded millisecond are sent twice",
        (f"{NEWNESS}::test_worklogs_that_the_feed_cannot_list",),
    ),
    Mutant(
        "tap_jira/streams/feed_based.py",
        "if changes and not crowds:",
        "if changes:",
        "a run that is broken off behind a crowded millisecond loses the rest of it",
        (f"{NEWNESS}::test_broken_off_behind_a_crowded_millisecond",),
    ),
)

MUTANTS = (*NEW, *SEARCH, *PASSES, *BOOKMARKS, *FEEDS, *LISTS, *RUNNING)
