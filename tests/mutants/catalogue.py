"""The changes: what a careful engineer would fear to have made, each at one place of the core.

When the code changes, so does the list: ``tests/test_mutants.py`` says which entry no longer
applies. Who adds a check to the core adds a change here that takes it away.
"""

from __future__ import annotations

from tests.mutants.door import DOOR
from tests.mutants.mutant import Mutant

PROPERTIES = "tests/exactness/test_search_properties.py"
CLOUD = f"{PROPERTIES}::test_cloud"
DATA_CENTER = f"{PROPERTIES}::test_data_center"
LIES = "tests/exactness/test_lies.py"
CHECKS = "tests/exactness/test_checks.py"
WORKERS = "tests/exactness/test_workers.py"
MODES = "tests/exactness/test_modes.py"
STATES = "tests/exactness/test_states.py"
THREADS = "tests/exactness/test_threads.py"
UNKIND = "tests/faults/test_unkind.py"
PATIENCE = "tests/faults/test_patience.py"
NEWNESS = "tests/exactness/test_newness.py"
COVERAGE = "tests/exactness/test_coverage.py"
SLICES = "tests/e2e/test_slices.py"
CENSUS = "tests/exactness/test_census.py"
UNREADABLE = "tests/faults/test_unreadable.py"
CREDENTIALS = "tests/faults/test_credentials.py"
SECRETS = "tests/faults/test_secrets.py"
TIME = "tests/e2e/test_time.py"
CONNECTION = "tests/e2e/test_connection.py"
ANSWERS = "tests/faults/test_answers.py"
SERVICE = "tests/e2e/test_service.py"
THROTTLE = "tests/exactness/test_throttle.py"
REQUESTS = "tests/e2e/test_requests.py"
VALUES = "tests/e2e/test_forms.py"
HOSTILE = "tests/faults/test_hostile.py"
PROMISES = "tests/faults/test_promises.py"
FAMILY = "tests/faults/test_family.py"
MARKDOWN = "tests/records/test_markdown.py"

SEARCH = (
    Mutant(
        "tap_jira/issues/content.py",
        'errors = objects(answer.get("issueErrors"))',
        "errors: list[t.Any] = []",
        "issues that bulk fetch could not load are lost",
        (f"{UNREADABLE}::test_an_issue_that_is_never_read",),
    ),
    Mutant(
        "tap_jira/issues/histories.py",
        "return self._job(chain.issues, by_pages=False)",
        "return self._job(chain.issues)",
        "an issue whose histories break off is asked for from the start for ever",
        (f"{UNREADABLE}::test_histories_of_an_issue_that_never_come_to_their_end",),
    ),
    Mutant(
        "tap_jira/issues/unreadable.py",
        "yield from list(_far_apart(far))[: MOST + 1]",
        "return",
        "issues that fail side by side look like a Jira that is down",
        (f"{UNREADABLE}::test_issues_side_by_side_that_are_never_read",),
    ),
    Mutant(
        "tap_jira/jira/reindexing.py",
        "    except (NotFoundError, PermissionDeniedError, BadRequestError):",
        "    except StreamError:",
        "a Jira that rebuilds its index and fails when it is asked is believed",
        (f"{UNREADABLE}::test_a_data_center_that_does_not_say_whether_it_rebuilds_its_index",),
    ),
    Mutant(
        "tap_jira/jira/reindexing.py",
        "    except (AuthenticationError, NotJiraError):",
        "    except AuthenticationError:",
        "a page that stands before one optional address ends the run",
        (f"{UNREADABLE}::test_a_question_that_may_be_refused_ends_no_run",),
    ),
    Mutant(
        "tap_jira/http/answers.py",
        'or (self.status == 503 and ("rate limit" in words or "too many requests" in words))',
        'or "rate limit" in words or "too many requests" in words',
        "a failure that speaks of somebody's limit is waited for like one",
        (f"{ANSWERS}::test_an_issue_that_fails_with_the_words_of_a_limit",),
    ),
    Mutant(
        "tap_jira/issues/issue_worklogs.py",
        "if (len(found) == total and (found or not some)) or found == former:",
        "if len(found) == total or found == former:",
        "an issue has no worklogs because an answer once said so",
        (f"{UNKIND}::test_worklogs_of_an_issue_that_do_not_come_at_once",),
    ),
    Mutant(
        "tap_jira/issues/content.py",
        "if 2 * len(gone) >= len(wanted) and any(map(self._is_there, _few(gone))):",
        "if False:",
        "issues that an answer leaves out are gone, and with a whole read deleted",
        (f"{UNREADABLE}::test_issues_that_an_answer_leaves_out_are_not_gone",),
    ),
    Mutant(
        "tap_jira/streams/issues/issue_based.py",
        "or self.bookmark.may_have_been_deleted(version_of(issue))",
        "or False",
        "what a whole read deleted by mistake comes back without its comments",
        (f"{MODES}::test_an_old_issue_that_a_whole_read_did_not_see_comes_back_whole",),
    ),
    Mutant(
        "tap_jira/issues/census.py",
        "if not self._is_new_to_all(each))",
        "if False)",
        "what came into view and was changed before a census lacks what is older in it",
        (f"{CENSUS}::test_what_is_changed_once_it_is_in_view_comes_whole",),
    ),
    Mutant(
        "tap_jira/issues/ledger.py",
        "version_ms < each.until_ms and each.streams - had:",
        "version_ms < each.until_ms and False:",
        "an issue that was changed and hidden between two censuses is passed for good",
        (f"{CENSUS}::test_what_no_run_saw_is_found_by_the_next_census",),
    ),
    Mutant(
        "tap_jira/issues/ledger.py",
        "                had |= each.streams",
        "                pass",
        "each census reads again what every run has seen",
        (f"{CENSUS}::test_what_every_run_saw_is_not_read_again",),
    ),
    Mutant(
        "tap_jira/streams/issues/comments.py",
        'since = self.since_of(issue["id"])',
        "since = bookmark.settled_ms",
        "a comment of an hour out of sight is lost, if there was another one then",
        (f"{CENSUS}::test_what_no_run_saw_is_found_by_the_next_census",),
    ),
    Mutant(
        "tap_jira/streams/issues/missed_worklogs.py",
        "if missed:",
        "if False:",
        "a worklog of an hour out of sight is lost, if the issue was changed once more",
        (f"{CENSUS}::test_what_no_run_saw_is_found_by_the_next_census",),
    ),
    Mutant(
        "tap_jira/issues/account.py",
        "            self._write_ahead()\n",
        "            pass\n",
        "the row of an issue that a killed run wrote stays, though it was deleted",
        (f"{CENSUS}::test_what_a_killed_run_wrote_is_missed_as_well",),
    ),
    Mutant(
        "tap_jira/issues/census.py",
        "self._lost | self.doubtful if self.is_settled",
        "IdSet() if self.is_settled",
        "what a killed run had the target delete does not come again",
        (f"{CENSUS}::test_what_a_killed_run_had_deleted_comes_again",),
    ),
    Mutant(
        "tap_jira/issues/creation.py",
        "if held + share > size and instant != start:",
        "if False:",
        "a census takes many more requests than it has pages",
        (f"{CENSUS}::test_a_census_takes_about_as_many_requests_as_there_are_pages",),
    ),
    Mutant(
        "tap_jira/issues/look.py",
        ' or answer.payload.get("nextPageToken"):',
        ":",
        "issues that are there are called gone where there is no bulk fetch",
        (f"{CENSUS}::test_many_are_looked_for_at_once",),
    ),
    Mutant(
        "tap_jira/streams/users.py",
        "    decisive = BROWSE_USERS\n",
        "",
        "a first run without users, whom Jira refused for once, ends well",
        (f"{CREDENTIALS}::test_a_refusal_that_jira_contradicts_is_no_lack",),
    ),
    Mutant(
        "tap_jira/streams/issues/deleted.py",
        " or deletes:",
        ":",
        "all issues come again after a whole read, since what it had deleted is not known",
        (f"{CENSUS}::test_what_a_whole_read_had_deleted_comes_again",),
    ),
    Mutant(
        "tap_jira/issues/issue_pass.py",
        "if self._needs.content or dated:",
        "if self._needs.content:",
        "changelogs by themselves lose an imported issue that shows up late",
        (f"{NEWNESS}::test_an_imported_issue_that_the_index_shows_late",),
    ),
    Mutant(
        "tap_jira/streams/issues/feed_based.py",
        "crowd = None if self._was_taken(page) else page.crowd",
        "crowd = page.crowd",
        "a crowd of deletions is told of in each run that sees it",
        (f"{NEWNESS}::test_a_crowd_of_deletions_is_told_of_once",),
    ),
    Mutant(
        "tap_jira/issues/portions.py",
        "except (UnavailableError, BadRequestError, PermissionDeniedError) as error:",
        "except UnavailableError as error:",
        "issues for which bulk reads are refused hold up the others",
        (f"{UNREADABLE}::test_issues_for_which_a_bulk_read_is_refused",),
    ),
    Mutant(
        "tap_jira/issues/part_reader.py",
        '*("issueErrors", "nextPageToken", "isLast", "warnings")',
        '*("nextPageToken", "isLast", "warnings")',
        "the same, from the second answer on, which is decoded in part",
        (f"{UNREADABLE}::test_an_issue_that_is_never_read",),
    ),
    Mutant(
        "tap_jira/issues/search_cloud.py",
        'if answer.get("nextPageToken") or answer.get("isLast") is not False:',
        "if True:",
        "an answer without its token is taken for whole",
        (f"{UNKIND}::test_an_answer_without_its_token", CLOUD),
    ),
    Mutant(
        "tap_jira/issues/search_cloud.py",
        """            if found == before:
                return answer""",
        """            if before is not None:
                return answer""",
        "two answers without tokens that differ are believed",
        (f"{LIES}::test_answers_without_tokens_are_believed_if_they_are_equal",),
    ),
    Mutant(
        "tap_jira/issues/search_cloud.py",
        "            if found == before:\n",
        "            if False:\n",
        "a site that never says which page is the last is not read at all",
        (f"{UNREADABLE}::test_a_last_page_that_says_it_is_not_the_last",),
    ),
    Mutant(
        "tap_jira/issues/content.py",
        "if not missing or len(ids) == 1:",
        "if True:",
        "one id that is gone takes the others with it",
        (f"{UNKIND}::test_ids_that_are_gone_where_there_is_no_bulk_fetch", CLOUD),
    ),
    Mutant(
        "tap_jira/issues/search_cloud.py",
        """            if token in tokens:
                return None
""",
        "",
        "tokens that go in circles are followed for ever",
        (CHECKS, CLOUD),
    ),
    Mutant(
        "tap_jira/issues/search_cloud.py",
        "if before is not None and before.keys() <= found.keys():",
        "if before is not None:",
        "walks that contradict each other are believed",
        (f"{LIES}::test_a_walk_that_skips_what_the_one_before_had_is_not_believed",),
    ),
    Mutant(
        "tap_jira/issues/search_cloud.py",
        "before = found if len(found) == len(issues) else None",
        "before = found",
        "a walk on which a row came twice, and another therefore not at all, is believed",
        (CHECKS, CLOUD),
    ),
    Mutant(
        "tap_jira/jira/jql.py",
        'ORDER = " ORDER BY updated ASC, key ASC"',
        'ORDER = " ORDER BY updated ASC"',
        "equal times come in another order on each page",
        (DATA_CENTER,),
    ),
    Mutant(
        "tap_jira/jira/jql.py",
        'found.append(f"{field} < {to_ms(self.end)}")',
        'found.append(f"{field} < {to_ms(self.end) - 60_000}")',
        "the last minute of each window is in none",
        (CLOUD,),
    ),
    Mutant(
        "tap_jira/jira/jql.py",
        'escaped = text.replace("\\\\", "\\\\\\\\").replace(\'"\', \'\\\\"\')',
        "escaped = text",
        "a project key with a quotation mark ends the query",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/issues/offset_rows.py",
        "return bool(rows) and id_and_version(rows[0]) in given",
        "return bool(rows)",
        "pages that do not connect are believed",
        (DATA_CENTER,),
    ),
    Mutant(
        "tap_jira/issues/offset_pages.py",
        "if error.status == 500:  # noqa: PLR2004 - beyond the result window",
        "if False:",
        "a result window ends the stream",
        (DATA_CENTER,),
    ),
    Mutant(
        "tap_jira/issues/search_dc.py",
        "at, back = max(at - back, 0), 2 * back",
        "at, back = at, 2 * back",
        "pages that were moved up are waited for, not gone back for",
        (f"{UNREADABLE}::test_rows_side_by_side_that_do_not_connect_pages",),
    ),
    Mutant(
        "tap_jira/issues/search_dc.py",
        """old places, or none.
            self.calm = False""",
        """old places, or none.
            pass""",
        "what the index may not know yet settles",
        (f"{LIES}::test_what_the_index_may_not_know_yet_settles_only_in_one_answer",),
    ),
    Mutant(
        "tap_jira/issues/offset_rows.py",
        'return unique(answer["issues"])[:size], int(answer["total"])',
        'return answer["issues"][:size], int(answer["total"])',
        "a row twice stands for one that is missing",
        (f"{LIES}::test_a_row_twice_does_not_stand_for_one_that_is_missing",),
    ),
)

UNREAD = (
    Mutant(
        "tap_jira/issues/unreadable.py",
        "too_many = len(self._failed) > MOST and not self.once",
        "too_many = False",
        "a Jira that reads half of its issues is not in trouble",
        (f"{LIES}::test_more_than_a_few_issues_are_no_longer_the_issues_fault",),
    ),
    Mutant(
        "tap_jira/issues/unreadable.py",
        """                continue
            return True
        return False""",
        """                continue
            return True
        return True""",
        "a Jira that is down looks like issues that cannot be read",
        (f"{UNREADABLE}::test_a_jira_that_is_down_does_not_look_like_an_issue",),
    ),
    Mutant(
        "tap_jira/issues/bookmark.py",
        "if not self.unread:\n            return reached",
        "if True:\n            return reached",
        "the bookmark passes an issue that was not read",
        (f"{UNREADABLE}::test_an_issue_that_is_never_read", CLOUD),
    ),
    Mutant(
        "tap_jira/streams/issues/issue_based.py",
        """            self.bookmark.is_owed(issue["id"])
            or self.connection.settings.jql
""",
        """            self.connection.settings.jql
""",
        "an issue that is read at last comes without what is old in it",
        (f"{UNREADABLE}::test_an_issue_that_is_never_read", CLOUD),
    ),
    Mutant(
        "tap_jira/streams/issues/changelogs.py",
        "if not since or self.bookmark.is_owed(issue_id):",
        "if not since:",
        "the same of its histories",
        (f"{UNREADABLE}::test_an_issue_that_is_never_read", CLOUD),
    ),
    Mutant(
        "tap_jira/issues/issue_pass.py",
        """            if reconstruction:
                continue
""",
        "",
        "the bookmark passes what an index under reconstruction did not show",
        (f"{UNREADABLE}::test_a_data_center_that_rebuilds_its_index_keeps_the_bookmark",),
    ),
    Mutant(
        "tap_jira/issues/search_dc.py",
        "new = [row for row in rows if id_and_version(row) not in handed]",
        "new: list[Issue] = []",
        "one more look settles whatever it shows",
        (f"{LIES}::test_one_more_look_at_the_latest_changes_settles_them",),
    ),
    Mutant(
        "tap_jira/issues/comment_lists.py",
        'if agreed >= (EQUAL_READS if seen - {each["id"] for each in comments} else 2):',
        "if True:",
        "the first list of comments that does not add up is believed",
        (CLOUD,),
    ),
    Mutant(
        "tap_jira/http/workers.py",
        'if getattr(self._place, "is_job", False):',
        "if False:",
        "a job may wait for a job, for ever",
        (WORKERS,),
    ),
)

PASSES = (
    Mutant(
        "tap_jira/issues/comment_lists.py",
        "if fits and len(comments) == step.total:",
        "if fits:",
        "a list of comments that is cut off is taken for whole",
        (CHECKS, CLOUD),
    ),
    Mutant(
        "tap_jira/issues/comment_lists.py",
        'fits = fits and bool(rows) and rows[0]["id"] == comments[-1]["id"]',
        "fits = fits and bool(rows)",
        "a comment deleted and one added between two pages hide a third",
        (CHECKS, CLOUD),
    ),
    Mutant(
        "tap_jira/issues/comment_lists.py",
        "starts = range(0, max(total - 1, 1), COMMENT_PAGE - 1)",
        "starts = range(0, max(total - 1, 1), COMMENT_PAGE)",
        "pages of comments do not overlap, and each long list is read twice",
        (f"{REQUESTS}::test_a_full_run_of_a_thousand_issues_takes_little_more_than_the_least",),
    ),
    Mutant(
        "tap_jira/issues/issue_pass.py",
        'if embedded(issue, "changelog")[1]:',
        "if True:",
        "a changelog that Data Center cuts off is taken for whole",
        (f"{UNKIND}::test_changelogs_that_a_search_cuts_off", DATA_CENTER),
    ),
    Mutant(
        "tap_jira/issues/issue_pass.py",
        """                if complete:
                    return found""",
        """                return found""",
        "the same, where it is read alone",
        (f"{UNKIND}::test_changelogs_that_are_always_cut_off",),
    ),
    Mutant(
        "tap_jira/issues/issue_pass.py",
        "yield Milestone(span.end, self._search.calm)",
        "yield Milestone(span.end)",
        "a pass in which much moved settles, and the rows of what it missed stay out",
        (CHECKS, DATA_CENTER),
    ),
    Mutant(
        "tap_jira/issues/content.py",
        "if not all(values) or ENCODED_NULL in values or _ENCODED_EMPTY in values:",
        "if not all(values) or _ENCODED_EMPTY in values:",
        "a field that failed to load as null is written as such",
        (f"{UNKIND}::test_a_field_that_does_not_load_at_once",),
    ),
    Mutant(
        "tap_jira/issues/content.py",
        "if not all(values) or ENCODED_NULL in values or _ENCODED_EMPTY in values:",
        "if not all(values) or ENCODED_NULL in values:",
        "a field that failed to load as {} is written as such",
        (f"{UNKIND}::test_a_field_that_does_not_load_at_once",),
    ),
    Mutant(
        "tap_jira/issues/content.py",
        "if each not in found and (each in shown or each in missing - absent)",
        "if each not in found and each in missing - absent",
        "issues without all of their fields are left out",
        (f"{UNKIND}::test_a_field_that_does_not_load_at_once", CLOUD),
    ),
    Mutant(
        "tap_jira/issues/content.py",
        "if each not in found and (each in shown or each in missing - absent)",
        "if each not in found and each in shown",
        "issues that an answer leaves out are taken for gone",
        (f"{LIES}::test_no_row_is_lost",),
    ),
    Mutant(
        "tap_jira/issues/histories.py",
        "while not pages or (to_end and tokens[-1]):",
        "while not pages:",
        "an increment judges an issue by a part of its histories",
        (CLOUD,),
    ),
    Mutant(
        "tap_jira/issues/histories.py",
        "if page.next_page_token in tokens[1:]:",
        "if False:",
        "pages of histories that go in circles are read for ever",
        (f"{LIES}::test_histories_whose_tokens_go_in_circles_end",),
    ),
    Mutant(
        "tap_jira/streams/issues/comments.py",
        """        if self.was_overtaken(issue["id"], version_of(issue)):
            return
""",
        "",
        "an older answer that comes last undoes a newer one",
        (CLOUD,),
    ),
    Mutant(
        "tap_jira/streams/issues/issue_based.py",
        'or epoch_ms(fields.get("created")) >= self.bookmark.settled_ms',
        "or False",
        "comments older than the bookmark, of an issue that is not, are left out",
        (),
        equal="nothing in an issue is older than the issue; imported ones are known by their ids",
    ),
    Mutant(
        "tap_jira/issues/newness.py",
        'SCOPE_FIELDS = frozenset({"Key", "project", "security"})',
        'SCOPE_FIELDS = frozenset({"security"})',
        "an issue that was moved into the scope comes without its comments",
        (CLOUD,),
    ),
)

BOOKMARKS = (
    Mutant(
        "tap_jira/issues/bookmark.py",
        "if version >= since_ms",
        "if version > since_ms",
        "the row on the bookmark itself is sent by each run",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/issues/bookmark.py",
        "self.reached = max(reached, self.reached) if self.reached else reached",
        "self.reached = reached",
        "what the next run reads from moves back when lookback_seconds is raised",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/issues/bookmark.py",
        "self.value = max(passed, self.value) if passed and self.value else passed or self.value",
        "self.value = passed",
        "the bookmark moves back to an issue that cannot be read and is older",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/issues/bookmark.py",
        "if len(sent) > MEMORY:",
        "if False:",
        "STATE grows without bound",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/issues/bookmark.py",
        "sorted(sent.items(), key=lambda item: item[1])[-MEMORY:]",
        "sorted(sent.items(), key=lambda item: item[1])[:MEMORY]",
        "STATE remembers the rows that are soon behind the bookmark, and forgets the others",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/issues/bookmark.py",
        "reached = min(instant, self.limit) if instant else self.limit",
        "reached = instant or self.limit",
        "the bookmark passes what the index may not know yet",
        (CLOUD, DATA_CENTER),
    ),
    Mutant(
        "tap_jira/issues/bookmark.py",
        "return sent > version_ms or (",
        "return (",
        "an older answer that comes last is written over the newer one",
        (f"{LIES}::test_an_answer_that_was_overtaken_does_not_undo_the_newer_one",),
    ),
)

FEEDS = (
    Mutant(
        "tap_jira/streams/issues/feed_based.py",
        "return max(to_ms(since) - 1, 0) if since else 0",
        "return to_ms(since) if since else 0",
        "a run that was broken off within a millisecond loses the rest of it",
        (f"{UNKIND}::test_a_feed_broken_off_within_a_millisecond",),
    ),
    Mutant(
        "tap_jira/issues/feed.py",
        "return self.last - 1",
        "return self.last",
        "a page that ends within a millisecond loses the rest of it",
        (f"{UNKIND}::test_pages_of_feeds_that_end_within_a_millisecond",),
    ),
    Mutant(
        "tap_jira/issues/feed.py",
        "bool(is_last) or (not changes and is_last is None),",
        "bool(is_last) or not changes,",
        "an empty page that says there is more is taken for the end",
        (f"{UNKIND}::test_a_page_of_a_feed_that_is_empty_though_there_is_more",),
    ),
    Mutant(
        "tap_jira/issues/feed.py",
        "yield page, [change for change in page.changes if change not in previous]",
        "yield page, page.changes",
        "worklogs at a page's end are written twice",
        (f"{UNKIND}::test_pages_of_feeds_that_end_within_a_millisecond",),
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
        "tap_jira/jira/pagination.py",
        "if self._seen and not begins:",
        "if False:",
        "a project deleted between two pages hides another one",
        (f"{UNKIND}::test_projects_deleted_between_two_pages",),
    ),
    Mutant(
        "tap_jira/jira/pagination.py",
        "return is_last is False or (goes_on and leads_on and not is_last)",
        "return goes_on and leads_on and not is_last",
        "a service desk's list that breaks off is taken to be whole, and its rest deleted",
        (f"{SERVICE}::test_a_last_page_that_is_said_not_to_be_the_last",),
    ),
    Mutant(
        "tap_jira/jira/pagination.py",
        "goes_on=goes_on, leads_on=leads_on)\n",
        "goes_on=goes_on, leads_on=leads_on) and leads_on\n",
        "a service desk's list in pages of one row is read as that row, and the others deleted",
        (f"{SERVICE}::test_pages_of_a_single_row_are_no_whole_list",),
    ),
)

RUNNING = (
    Mutant(
        "tap_jira/http/client.py",
        "return waited > self._max_retry_wait or (not patient and unnamed >= MAX_TRIES)",
        "return waited > self._max_retry_wait",
        "a gateway that refuses what is too much, without a time, is waited for",
        (f"{UNREADABLE}::test_a_limit_that_names_no_time_is_asked_for_less_after_a_while",),
    ),
    Mutant(
        "tap_jira/http/deadlines.py",
        "lever.shutdown(socket.SHUT_RDWR)",
        "pass",
        "an answer that trickles is waited for to its end",
        (f"{PATIENCE}::test_interactive_commands_give_up_on_an_answer_that_trickles",),
    ),
    Mutant(
        "tap_jira/records/decode.py",
        "    msgspec.json.Decoder(kind)\n",
        "",
        "two threads that meet a type for the first time crash the interpreter",
        (THREADS,),
    ),
    Mutant(
        "tap_jira/records/decode.py",
        "_SCALAR = t.Union[None, bool, str, float, _WHOLE_NUMBER]",
        "_SCALAR = t.Union[None, bool, str, float, int]",
        "a whole number beyond 64 bits is handed on from the second answer on",
        (HOSTILE,),
    ),
    Mutant(
        "tap_jira/records/decode.py",
        "return alike.find(_LONG) >= 0 or (",
        "return (",
        "a whole number beyond 64 bits is handed on inside of what stays encoded",
        (HOSTILE,),
    ),
    Mutant(
        "tap_jira/issues/part_reader.py",
        "return msgspec.Raw if name in self._encoded else t.Any",
        "return msgspec.Raw",
        "a field that is looked into stays encoded once it differs from the first answer",
        (HOSTILE,),
    ),
    Mutant(
        "tap_jira/issues/part_reader.py",
        "t.Any not in (*kinds.values(), *self._members.values())",
        "t.Any not in kinds.values()",
        "a whole number beyond 64 bits in a history of Data Center's is handed on",
        (HOSTILE,),
    ),
    Mutant(
        "tap_jira/issues/part_reader.py",
        "if self._changes == CHANGES:",
        "if False:",
        "answers are decoded twice for ever where each fills another field for the first time",
        (HOSTILE,),
    ),
    Mutant(
        "tap_jira/issues/part_reader.py",
        "kind = bounded(DEEPEST)",
        "kind = bounded(1)",
        "the same, where the first answer shows no value of most fields",
        (HOSTILE,),
    ),
    Mutant(
        "tap_jira/records/decode.py",
        "t.Union[None, float, _WHOLE_NUMBER]: frozenset",
        "t.Union[None, float, int]: frozenset",
        "the same of a field that holds numbers only",
        (HOSTILE,),
    ),
    Mutant(
        "tap_jira/records/promises.py",
        ' and can_be_handed_on(b",".join(parts)):',
        ":",
        "a number that loaders refuse is handed on in one of many documents",
        (HOSTILE,),
    ),
    Mutant(
        "tap_jira/records/promises.py",
        "if can_be_handed_on(together) and ",
        "if ",
        "the same in one of many objects that are like no other",
        (HOSTILE,),
    ),
    Mutant(
        "tap_jira/records/promises.py",
        " and self._hold(together):",
        ":",
        "an object that breaks the promise is handed on among others that are like no other",
        (HOSTILE, PROMISES),
    ),
    Mutant(
        "tap_jira/records/rows.py",
        "if value is not None and (kept := _value(step, value)) is not None:",
        "if (kept := _value(step, value)) or value is not None:",
        "a field of a team's own project that is null takes place",
        (HOSTILE,),
    ),
    Mutant(
        "tap_jira/records/timestamps.py",
        '_SHIFTS.get(text[10:13] + text[23:], (0, ""))',
        '_SHIFTS.get(text[10:13] + text[-5:], (0, ""))',
        "a time in microseconds is cut off in the middle",
        (HOSTILE,),
    ),
    Mutant(
        "tap_jira/writer.py",
        "self._leaving = self._leaving[written:]",
        "self._leaving = b''",
        "what the system did not take at once is lost",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/streams/issues/issue_based.py",
        "            stack.enter_context(family.trouble_of())\n",
        "",
        "rows are deleted of streams whose pass was broken off by a mistake in the tap",
        (FAMILY,),
    ),
    Mutant(
        "tap_jira/streams/issues/issue_based.py",
        "                        with family.trouble_of(stream):\n",
        "                        with contextlib.nullcontext():\n",
        "a mistake in the rows of one stream stops all that are read with it",
        (FAMILY,),
    ),
    Mutant(
        "tap_jira/streams/issues/issue_based.py",
        "            with family.trouble_of(stream):\n                for event in stream.owed",
        "            with contextlib.nullcontext():\n                for event in stream.owed",
        "the same in the rows of an issue that is owed",
        (FAMILY,),
    ),
    Mutant(
        "tap_jira/streams/issues/issue_based.py",
        "if stream is self and (self.batches or self.ABORT_AT_RECORD_COUNT is not None):",
        "if stream is self and not self.writes_as_built:",
        "a mapped row that cannot be written has the rows of other streams deleted",
        (FAMILY,),
    ),
    Mutant(
        "tap_jira/streams/base.py",
        "        finally:\n            if rows:",
        "        except ZeroDivisionError:\n            pass\n        else:\n            if rows:",
        "rows that were written before a mistake are not told of",
        (FAMILY,),
    ),
    Mutant(
        "tap_jira/streams/issues/deleted.py",
        "        except Exception as error:\n",
        "        except StreamError as error:\n",
        "a mistake in the census is told of another stream",
        (FAMILY,),
    ),
    Mutant(
        "tap_jira/jira/connection.py",
        'found.update((each["id"], each) for each in result.payload["values"])',
        'found.update((str(id(each)), each) for each in result.payload["values"])',
        "a project at the border of two pages is counted twice in slices",
        (SLICES,),
    ),
    Mutant(
        "tap_jira/issues/content.py",
        "        return bool(version_of(issue))\n",
        "        return True\n",
        "an issue of Data Center's that comes without its fields is written without them",
        (UNREADABLE,),
    ),
    Mutant(
        "tap_jira/issues/content.py",
        'return "updated" not in self._always or bool(version_of(issue))',
        "return True",
        "an issue of Cloud's that says nothing of its time lies before start_date, and is lost",
        (f"{UNREADABLE}::test_an_issue_that_is_never_read",),
    ),
    Mutant(
        "tap_jira/records/timestamps.py",
        "return min(max(to_ms(instant), 1), END_OF_TIME - 1) if instant else 0",
        "return to_ms(instant) if instant else 0",
        "rows from before 1970 count as sent in a newer version",
        (f"{NEWNESS}::test_an_imported_issue_comes_with_what_is_in_it",),
    ),
    Mutant(
        "tap_jira/jira/jql.py",
        'EVERY_ISSUE = "project is not EMPTY"',
        'EVERY_ISSUE = "updated >= 86400000"',
        "an issue whose importer knew no date is in no search",
        (f"{NEWNESS}::test_an_issue_without_a_date_is_there",),
    ),
    Mutant(
        "tap_jira/issues/content.py",
        """            request = Request("POST", "search", json=body, read=query.read)
            return unique(self._client.ask(request, patient=patient).payload["issues"])

        return _in_halves(ids, ask)""",
        """            request = Request("POST", "search", json=body, read=query.read)
            return unique(self._client.ask(request, patient=patient).payload["issues"])

        return ask(ids)""",
        "one id that is gone takes the others with it on Data Center",
        (DATA_CENTER,),
    ),
    Mutant(
        "tap_jira/issues/search_dc.py",
        "left = [row for row in rows if id_and_version(row) not in given]",
        "left: list[Issue] = []",
        "what is left of a window whose pages do not connect is lost",
        (f"{UNREADABLE}::test_rows_side_by_side_that_do_not_connect_pages",),
    ),
    Mutant(
        "tap_jira/issues/search_dc.py",
        "if returns > MOST_RETURNS:",
        "if False:",
        "the same pages of Data Center are asked for a thousand times",
        (f"{UNREADABLE}::test_rows_side_by_side_that_do_not_connect_pages",),
    ),
    Mutant(
        "tap_jira/issues/offset_pages.py",
        "self._failed = failed = {**self._failed, **failed}",
        "pass",
        "issues that cannot be read are asked for with every page that has them",
        (f"{UNREADABLE}::test_rows_side_by_side_that_do_not_connect_pages",),
    ),
    Mutant(
        "tap_jira/streams/base.py",
        "            with self._concluding():\n",
        "            if True:\n",
        "a run whose last file cannot be written counts its rows",
        ("tests/faults/test_command_line.py",),
    ),
    Mutant(
        "tap_jira/streams/base.py",
        "                self.run.report.stream(self.name).rows -= self.batches.waiting\n",
        "                pass\n",
        "a run that ends counts rows whose file no BATCH message has named",
        (MODES,),
    ),
    Mutant(
        "tap_jira/streams/base.py",
        "            self.run.conclude_after(error, self._tap)\n",
        "",
        "rows before the one that a stream map fails on are counted, and not written",
        ("tests/faults/test_command_line.py",),
    ),
    Mutant(
        "tap_jira/records/rows.py",
        "if found.count(None) == len(found):",
        "if True:",
        "fields of a team's own project are lost where records are built by the page",
        (HOSTILE,),
    ),
    Mutant(
        "tap_jira/http/workers.py",
        """        while True:
            self.check()
            # Waited""",
        """        while True:
            # Waited""",
        "who waits as long as Jira says does not stop when told to",
        (f"{UNKIND}::test_told_to_stop_while_it_waits_as_it_was_asked_to",),
    ),
    Mutant(
        "tap_jira/http/workers.py",
        "pending.extendleft(reversed(following))",
        "pending.extendleft(following)",
        "what follows from a job comes in the wrong order",
        (CHECKS, WORKERS, CLOUD),
    ),
    Mutant(
        "tap_jira/writer.py",
        " or not isinstance(message, RecordMessage)",
        "",
        "a STATE waits for what comes after it",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/http/auth.py",
        "self._refusal = refusal",
        "self._refusal = None",
        "each request that waits tries the wrong password, and brings on the CAPTCHA",
        (f"{UNKIND}::test_the_password_changes_while_eight_requests_wait",),
    ),
    Mutant(
        "tap_jira/http/auth.py",
        "        secrets.learn(self._value)\n",
        "",
        "a token that Jira repeats stands in the log",
        (f"{UNKIND}::test_jira_repeats_a_token_that_it_gave_out",),
    ),
    Mutant(
        "tap_jira/http/auth.py",
        "            secrets.learn(rotated)\n",
        "",
        "the same, of the token that renews it",
        (f"{UNKIND}::test_jira_repeats_a_token_that_it_gave_out",),
    ),
    Mutant(
        "tap_jira/http/auth.py",
        "            if self._value == stale:\n                self._replace()",
        "            self._replace()",
        "eight requests renew the token eight times",
        (f"{CREDENTIALS}::test_many_refusals_at_once_renew_once",),
    ),
    Mutant(
        "tap_jira/http/auth.py",
        "        self._file.check_writable()\n",
        "",
        "a refresh token is used up before it is known that its successor can be kept",
        (f"{CREDENTIALS}::test_a_token_that_could_not_be_kept_is_not_used_up",),
    ),
)

NEW = (
    Mutant(
        "tap_jira/issues/highest_id.py",
        "return self.former is not None and numeric(issue_id) > self.former",
        "return False",
        "an imported issue comes without its comments and histories",
        (f"{NEWNESS}::test_an_imported_issue_comes_with_what_is_in_it", CLOUD),
    ),
    Mutant(
        "tap_jira/issues/highest_id.py",
        "young = [self._lowest_young - 1] if self._lowest_young else []",
        "young: list[int] = []",
        "what an importer adds after the issue was read stays out",
        (CHECKS,),
    ),
    Mutant(
        "tap_jira/issues/bookmark.py",
        "row: version if version < self._young_ms else version - 1",
        "row: version",
        "a row that was read while Jira wrote it is never read again",
        (f"{NEWNESS}::test_a_row_that_was_read_while_it_was_written",),
    ),
    Mutant(
        "tap_jira/issues/bookmark.py",
        "self._scope, self.backfill = self._coverage, None",
        "self.backfill = None",
        "projects that were added are read from the start by each run",
        (f"{COVERAGE}::test_projects_that_are_added",),
    ),
    Mutant(
        "tap_jira/streams/issues/issue_based.py",
        "self.connection.settings.jql\n            or",
        "False\n            or",
        "an issue that comes to match the filter comes without what is in it",
        (f"{NEWNESS}::test_an_issue_that_comes_to_match_the_filter",),
    ),
    Mutant(
        "tap_jira/issues/newness.py",
        'frozenset({"Key", "project", "security"})',
        'frozenset({"Key", "project"})',
        "an issue whose security level was lifted comes without its comments",
        (f"{NEWNESS}::test_an_issue_whose_security_level_is_lifted",),
    ),
    Mutant(
        "tap_jira/issues/newness.py",
        "return older[:count] + same",
        "return []",
        "histories that come silently are dropped though they were downloaded",
        (f"{NEWNESS}::test_a_history_that_does_not_move_updated", CLOUD),
    ),
    Mutant(
        "tap_jira/issues/newness.py",
        "return name.lower() in EDITED_FIELDS",
        "return False",
        "every old history is sent again with its issue",
        (f"{NEWNESS}::test_a_history_that_does_not_move_updated",),
    ),
    Mutant(
        "tap_jira/issues/coverage.py",
        '    state.pop("sent", None)\n',
        "",
        "a row beyond the bookmark that a whole read did not see is deleted, and not sent again",
        (f"{MODES}::test_what_a_whole_read_did_not_see_comes_back",),
    ),
    Mutant(
        "tap_jira/issues/bookmark.py",
        "        if self.stays:\n            return\n",
        "",
        "rows behind an end_date that was set for one run are lost",
        (f"{COVERAGE}::test_an_end_before_the_bookmark_leaves_state_as_it_is",),
    ),
    Mutant(
        "tap_jira/issues/coverage.py",
        "left = former.still(now)",
        "left = former",
        "what a whole read of fewer projects deleted is never sent again",
        (f"{MODES}::test_what_a_narrower_whole_read_deleted_comes_back",),
    ),
    Mutant(
        "tap_jira/issues/coverage.py",
        "return missing or None",
        "return None",
        "the old issues of a project that was added are missing",
        (f"{COVERAGE}::test_projects_that_are_added",),
    ),
    Mutant(
        "tap_jira/issues/coverage.py",
        "self.reached = pendulum.instance(instant) if instant else None",
        "self.reached = None",
        "a back-fill that is broken off begins anew, for ever if it takes too long",
        (f"{COVERAGE}::test_a_back_fill_goes_on_where_it_was_broken_off",),
    ),
    Mutant(
        "tap_jira/streams/issues/worklogs.py",
        "if self.takes_part:\n            yield from",
        "if False:\n            yield from",
        "worklogs of an issue that came into view are missing where worklogs are read alone",
        (f"{NEWNESS}::test_an_issue_whose_security_level_is_lifted",),
    ),
    Mutant(
        "tap_jira/streams/issues/worklogs.py",
        'and (worklog_id := str(worklog["id"])) not in crowds[version]',
        'and (worklog_id := str(worklog["id"]))',
        "worklogs of a crowded millisecond are sent twice",
        (f"{NEWNESS}::test_worklogs_that_the_feed_cannot_list",),
    ),
    Mutant(
        "tap_jira/streams/issues/feed_based.py",
        "if changes and not crowds:",
        "if changes:",
        "a run that is broken off behind a crowded millisecond loses the rest of it",
        (f"{NEWNESS}::test_broken_off_behind_a_crowded_millisecond",),
    ),
)

MODE = (
    Mutant(
        "tap_jira/writer.py",
        """        self._add(encoded)
        self.flush()
""",
        """        self._add(encoded)
""",
        "a STATE waits for what comes after it",
        (STATES,),
    ),
    Mutant(
        "tap_jira/run.py",
        "self.finish(tap)\n        return",
        "self.conclude(tap)\n        return",
        "a run that is stopped does not say how far it came",
        (STATES,),
    ),
    Mutant(
        "tap_jira/states.py",
        "since >= SHARE * len(self._last)",
        "since >= 0",
        "a megabyte of STATE after each window",
        (STATES,),
    ),
    Mutant(
        "tap_jira/streams/base.py",
        "            self._stream_version = self._initialized_at // 1000\n",
        "            pass\n",
        "rows that another stream's pass writes have no version, and are deleted",
        (MODES,),
    ),
    Mutant(
        "tap_jira/streams/base.py",
        "if not self.may_delete or part.error or part.skipped:",
        "if not self.may_delete or part.skipped:",
        "what could not be read is deleted in the target",
        (MODES,),
    ),
    Mutant(
        "tap_jira/streams/base.py",
        """        if write_messages:
            self.complete()
""",
        """        self.complete()
""",
        "a version is activated before the last file with its rows is named",
        (MODES,),
    ),
    Mutant(
        "tap_jira/streams/issues/incremental.py",
        "return copy.deepcopy(state) if self.get_batch_config(self.config) else state",
        "return state",
        "STATE passes rows that wait for their file",
        (MODES,),
    ),
    Mutant(
        "tap_jira/batches.py",
        "rows.append({**mapped, **self._version} if self._version else mapped)",
        "rows.append(mapped)",
        "rows in files have no version, and are deleted",
        (MODES,),
    ),
)

HTTP = (
    Mutant(
        "tap_jira/http/auth.py",
        "        secrets.learn(*[value for value in cookies.values() if value])\n",
        "",
        "a session that Jira repeats stands in the log",
        (f"{UNKIND}::test_jira_repeats_a_token_that_it_gave_out",),
    ),
    Mutant(
        "tap_jira/http/throttle.py",
        "self._next[endpoint] = now + EASE / (per_second * self._share)",
        "pass",
        "a service desk's customers are asked for faster than Jira documents",
        (f"{THROTTLE}::test_a_documented_rate_is_kept_from_the_first_request_on",),
    ),
    Mutant(
        "tap_jira/http/throttle.py",
        "self._opens = max(self._opens, opens)",
        "own.opens = opens",
        "a quota's wait is not shared: other endpoints are asked while it is used up",
        (THROTTLE,),
    ),
    Mutant(
        "tap_jira/http/throttle.py",
        "            elif not limit:\n                own.pause(opens, now)\n",
        "",
        "a pause of the server is taken for a rate, and slows what follows",
        (THROTTLE,),
    ),
    Mutant(
        "tap_jira/http/throttle.py",
        "wait = max(hinted, LEAST_WAIT)",
        "wait = hinted",
        "Retry-After: 0 of an empty bucket is believed",
        ("tests/exactness/test_politeness.py",),
    ),
    Mutant(
        "tap_jira/http/throttle.py",
        "return [own, self._users] if self._users else [own]",
        "return [own]",
        "Data Center's one bucket is not kept account of for all endpoints",
        (THROTTLE,),
    ),
    Mutant(
        "tap_jira/http/bucket.py",
        "        self.opens = max(self.opens, until)\n        self.most = 1.0\n",
        "        self.opens = max(self.opens, until)\n",
        "after a pause everything goes out at once",
        (THROTTLE,),
    ),
    Mutant(
        "tap_jira/http/bucket.py",
        "self.told, self._foreign, self._measured = False, True, False",
        "pass",
        "what remains of an hourly quota is taken for what an endpoint will take",
        (THROTTLE,),
    ),
    Mutant(
        "tap_jira/http/bucket.py",
        "remaining - len(self._under_way)",
        "remaining",
        "what is under way is not taken from what remains",
        (THROTTLE,),
    ),
    Mutant(
        "tap_jira/http/bucket.py",
        "needed += min(RESERVE + LATE * self.rate, (self.burst - 1) / 4)",
        "needed += 0",
        "requests that overtake others are refused",
        (THROTTLE,),
    ),
    Mutant(
        "tap_jira/http/refusals.py",
        "        elif now >= self.rises:\n            self._rise()\n",
        "",
        "a limit that is raised, or was measured too low, is never used",
        (THROTTLE,),
    ),
    Mutant(
        "tap_jira/http/refusals.py",
        "        if self.number == 1:\n",
        "        if False:\n",
        "after the first refusal it goes on at what is certain, as slow as that is",
        (THROTTLE,),
    ),
    Mutant(
        "tap_jira/http/answers.py",
        "        and _searches_issues(answer)\n",
        "",
        "a failure of another endpoint that speaks of a search is final",
        (ANSWERS,),
    ),
    Mutant(
        "tap_jira/http/answers.py",
        "any(_BEYOND_WINDOW.search(message) for message in answer.messages)",
        'b"limit" in answer.body',
        "a stack trace that speaks of limits is final",
        (ANSWERS,),
    ),
    Mutant(
        "tap_jira/http/answers.py",
        "return not answer.is_cloud and not ratelimits.hint(answer.headers)",
        "return True",
        "on Cloud a window of nothing ends the run",
        (ANSWERS,),
    ),
    Mutant(
        "tap_jira/http/answers.py",
        "lambda a: a.status == 400 and _searches_issues(a)",
        'lambda a: a.status == 400 and "search" in a.where',
        "the message about projects speaks of jql",
        (ANSWERS,),
    ),
    Mutant(
        "tap_jira/http/client.py",
        'not in {"", "0"}',
        'not in {""}',
        "what always fails on a Data Center with limits is asked for an hour",
        (ANSWERS,),
    ),
)

FORMS = (
    Mutant(
        "tap_jira/jira/site.py",
        '    "GET issue/{issue}/comment",\n',
        "",
        "long lists of comments are documents where markup was asked for",
        (f"{VALUES}::test_rich_text_in_every_form",),
    ),
    Mutant(
        "tap_jira/records/schema.py",
        "prepare = self.prepare if kind_of(declared) == kind_of(self.schema) else None",
        "prepare = self.prepare",
        "with a catalog of before, Markdown stands in a document's column",
        (f"{VALUES}::test_a_catalog_of_another_form_keeps_its_types",),
    ),
    Mutant(
        "tap_jira/records/markdown.py",
        "        if depth > DEEPEST:\n            yield (),",
        "        if False:\n            yield (),",
        "a document that is nested without end is an error",
        (MARKDOWN,),
    ),
    Mutant(
        "tap_jira/records/markdown_text.py",
        "return HARD_BREAK.join(map(_unlike_a_block, lines(text)))",
        "return HARD_BREAK.join(lines(text))",
        "text that looks like a list or a heading becomes one",
        (MARKDOWN,),
    ),
    Mutant(
        "tap_jira/records/markdown.py",
        "return _BAR.sub(",
        'return re.compile("@@@").sub(',
        "a bar in a table's cell makes two of it",
        (MARKDOWN,),
    ),
    Mutant(
        "tap_jira/records/plain.py",
        """return f"{said}{BETWEEN}{say(child)}" if isinstance(child, dict) else said""",
        "return said",
        "the child of a cascading option is lost",
        (f"{VALUES}::test_values_that_are_one_thing_are_what_people_see",),
    ),
)

PARTS = (
    Mutant(
        "tap_jira/issues/coverage.py",
        "return [*projects.condition(there), *cut]",
        "return projects.condition(there)",
        "slices of one project read all of it, each",
        (f"{SLICES}::test_together_they_read_the_whole",),
    ),
    Mutant(
        "tap_jira/issues/coverage.py",
        "changed = set(self.created) ^ set(former.created)",
        "changed: set[t.Any] = set()",
        "a slice that is cut anew lacks what came to it",
        (f"{SLICES}::test_slices_that_are_made_anew_go_on",),
    ),
    Mutant(
        "tap_jira/streams/issues/deleted.py",
        "for each in missing - self._in_another_slice(shown.values(), scope)",
        "for each in missing",
        "an issue that moved to another slice is told to be gone",
        (f"{SLICES}::test_what_moves_to_another_slice_is_not_gone",),
    ),
    Mutant(
        "tap_jira/streams/base.py",
        "return asked_for and (part is None or part.has_the_rest or self.comes_in_parts)",
        "return asked_for",
        "users and projects are read by every slice",
        (f"{SLICES}::test_together_they_read_the_whole",),
    ),
    Mutant(
        "tap_jira/streams/base.py",
        "if self.has_versions and others:",
        "if False:",
        "a run has the target delete what other slices have read, or is of other sites",
        (f"{SLICES}::test_no_slice_deletes_what_another_one_has_read",),
    ),
    Mutant(
        "tap_jira/streams/base.py",
        "self.primary_keys = (SITE, *self.primary_keys)",
        "pass",
        "rows of two sites with the same id overwrite each other",
        ("tests/e2e/test_sites.py::test_every_row_and_every_key_has_it",),
    ),
    Mutant(
        "tap_jira/settings.py",
        """given["max_concurrency"] = max(most // at_once, 1)""",
        "pass",
        "slices that run at once have many times the requests under way",
        (f"{SLICES}::test_the_share_of_a_slice",),
    ),
    Mutant(
        "tap_jira/migration.py",
        "since = to_text(floor_minute(from_ms(to_ms(instant - MARGIN))))",
        "since = to_text(from_ms(to_ms(instant)))",
        "what the index showed late is behind a bookmark that was taken over",
        ("tests/e2e/test_migrating.py::test_from_meltanolabs",),
    ),
    Mutant(
        "tap_jira/migration.py",
        "if start and _offset(str(bookmark)) < _offset(str(start)):",
        "if False:",
        "hours that another tap has misread are never read",
        ("tests/e2e/test_migrating.py::test_where_meltanolabs_may_have_lost_issues",),
    ),
    Mutant(
        "tap_jira/slicing.py",
        "named = set().union(*(each.projects for each in others)) - rest.projects",
        "named = set().union(*(each.projects for each in others))",
        "the part of a project that the first slice has is read by none",
        (f"{SLICES}::test_any_number_of_slices_has_every_issue_once",),
    ),
    Mutant(
        "tap_jira/slicing.py",
        "pieces[-1] = dataclasses.replace(last, created=Span(last.created.start))",
        "pass",
        "new issues of a project that is cut belong to no slice",
        (f"{SLICES}::test_what_comes_later_belongs_to_one_slice",),
    ),
    Mutant(
        "tap_jira/issues/coverage.py",
        "and epoch_ms(since) <= created_ms",
        "and True",
        "an issue that another slice has of the same project is told to be gone",
        (f"{SLICES}::test_what_moves_out_of_the_years_of_a_slice_is_not_gone",),
    ),
    Mutant(
        "tap_jira/issues/coverage.py",
        "if self.site != former.site:",
        "if False:",
        "what does not change is never read under the new name of a site",
        ("tests/e2e/test_sites.py::test_another_name_has_rows_of_its_own",),
    ),
    Mutant(
        "tap_jira/migration.py",
        'self.bookmarks[stream]["scope"] = self._scope',
        "pass",
        "a bookmark that was taken over is taken for true of other settings",
        ("tests/e2e/test_migrating.py::test_settings_that_change_before_the_first_run",),
    ),
)

MUTANTS = (
    *NEW,
    *PARTS,
    *SEARCH,
    *UNREAD,
    *PASSES,
    *MODE,
    *BOOKMARKS,
    *FEEDS,
    *LISTS,
    *RUNNING,
    *HTTP,
    *DOOR,
    *FORMS,
)
