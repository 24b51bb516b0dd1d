"""What happens to what issues carry, with or without a trace in ``updated``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.carried import approvals, links, properties, requests
from sandbox.carried.altered import Altered
from sandbox.model import Item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model import Issue, User
    from sandbox.mutate import Ref
    from sandbox.shelf import Row
    from sandbox.site import Site

#: The tables that change behind the back of ``updated``; the others' issues show as changed.
SILENT = ("issue_watchers", "issue_votes", "issue_properties", "request_feedback")


class Carry:
    """Changes to what issues carry."""

    def __init__(self, site: Site) -> None:
        """Change what the issues of this site carry."""
        self._site = site

    def _list(self, issue: Issue, what: Any) -> list[Any]:
        return self._site.kept(Altered).edited(self._site, issue, what)

    # --- unseen by `updated` ------------------------------------------------------------------

    def watch(self, ref: Ref, user: User) -> None:
        """Someone begins to watch, or ends it."""
        self._join(ref, "watches", user)

    def vote(self, ref: Ref, user: User) -> None:
        """Someone votes, or takes the vote back."""
        self._join(ref, "votes", user)

    def _join(self, ref: Ref, what: str, user: User) -> None:
        world = self._site.world
        with world.lock:
            issue = self._site.mutate.stir(ref)
            users = world.value(issue, what).users
            without = tuple(each for each in users if each is not user)
            users = without if user in users else (*users, user)
            issue.overrides[what] = world.crowd(issue, what, users)

    def set_property(self, ref: Ref, key: str, value: Any) -> None:
        """An application leaves a property, or writes over it."""
        with self._site.world.lock:
            known = self._list(self._site.mutate.stir(ref), properties.born)
            known[:] = [row for row in known if row["key"] != key]
            known.append({"key": key, "value": value})

    def drop_property(self, ref: Ref, key: str) -> None:
        """An application takes a property away."""
        with self._site.world.lock:
            known = self._list(self._site.mutate.stir(ref), properties.born)
            known[:] = [row for row in known if row["key"] != key]

    def rate(self, ref: Ref, rating: int, body: str = "Danke ☺") -> None:
        """A customer says how it was."""
        with self._site.world.lock:
            said: Row = {"type": "csat", "rating": rating, "comment": {"body": body}}
            self._list(self._site.mutate.stir(ref), approvals.rated)[:] = [said]

    # --- seen by `updated` --------------------------------------------------------------------

    def add_remote_link(self, ref: Ref) -> Row:
        """Link something that is elsewhere; the history has it as ``RemoteIssueLink``."""
        with self._site.world.lock:
            issue = self._site.mutate.issue(ref)
            known = self._list(issue, links.born)
            taken = [row["id"] % links.ROOM for row in known]
            made = links.link(issue, max(taken, default=-1) + 1)
            known.append(made)
            self._tell(issue, "RemoteIssueLink", None, str(made["id"]))
            return made

    def drop_remote_link(self, ref: Ref, link_id: int) -> None:
        """Take a link away."""
        with self._site.world.lock:
            issue = self._site.mutate.issue(ref)
            known = self._list(issue, links.born)
            known[:] = [row for row in known if row["id"] != link_id]
            self._tell(issue, "RemoteIssueLink", str(link_id), None)

    def take_part(self, ref: Ref, user: User) -> None:
        """One more participant."""
        with self._site.world.lock:
            issue = self._site.mutate.issue(ref)
            self._list(issue, requests.taking_part).append(user)
            self._tell(issue, "Request participants", None, user.display)

    def decide(self, ref: Ref, number: int, decision: str) -> None:
        """An approval is given or refused; one with a new number is asked for."""
        with self._site.world.lock:
            issue = self._site.mutate.issue(ref)
            known = self._list(issue, approvals.born)
            known[:] = [row for row in known if row["id"] != number]
            known.append({"id": number, "decision": decision})
            known.sort(key=lambda row: int(row["id"]))
            self._tell(issue, "Approvals", None, decision)

    def _tell(self, issue: Issue, what: str, old: str | None, new: str | None) -> None:
        self._site.mutate.note(issue, Item(what, None, "jira", old, old, new, new))

    # --- between two runs ---------------------------------------------------------------------

    def change(self, issues: Sequence[Issue]) -> None:
        """Something happens to each table, where there are issues for it.

        To those of :data:`SILENT` it happens twice: on issues that ``updated`` moves for another
        reason, and on others, whose new state only a whole read finds.
        """
        site = self._site
        if not issues:
            return
        newcomer = site.world.users[7]
        first, second, last = issues[0], issues[len(issues) // 2], issues[-1]
        crowded = max(issues, key=lambda each: len(site.world.value(each, "watches").users))
        self.watch(first, newcomer)
        for watching in site.world.value(crowded, "watches").users[-1:]:
            self.watch(crowded, watching)
        if site.options.voting:
            self.vote(first, newcomer)
            self.vote(last, newcomer)
        self.set_property(last, "ключ", None)
        self.set_property(second, "com.example.app:state", {"new": [True, "ß"]})
        silent = next((each for each in issues[1:-1] if properties.born(site, each)), second)
        for row in properties.born(site, silent)[:1]:
            self.drop_property(silent, row["key"])
        self.add_remote_link(second)
        linked = next((each for each in issues if links.born(site, each)), None)
        if linked is not None:
            self.drop_remote_link(linked, links.born(site, linked)[0]["id"])
        site.mutate.transition(first, site.world.statuses[3])
        asked = [each for each in issues if requests.found(site, each)]
        for each in asked[:3]:
            self.take_part(each, site.world.users[0])
            self.decide(each, 1, "declined")
        for each in (*asked[:1], *asked[3:4]):
            self.rate(each, 2)
