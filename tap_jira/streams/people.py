"""Groups and who is in them."""

from __future__ import annotations

from tap_jira.jira.permissions import ADMINISTER, BROWSE_USERS
from tap_jira.records import columns, schema
from tap_jira.records.schema import column
from tap_jira.streams.resource import Parents, Read, Resource, inside, offset, values

PICKER_PAGE = 1000
"""Groups to ask `groups/picker` for; it gives `jira.ajax.autocomplete.limit` (20) at most."""

GROUPS = Resource(
    "groups",
    "Groups. Data Center lists no more than its setting `jira.ajax.autocomplete.limit` (20).",
    key=("group_id",),
    data_center_key=("name",),
    columns=columns.text("group_id", "name"),
    data_center_columns=(*columns.text("name"), *columns.objects("labels")),
    cloud=Read("group/bulk", values, offset(identity="groupId")),
    data_center=Read("groups/picker", inside("groups"), params={"maxResults": PICKER_PAGE}),
    permission=BROWSE_USERS,
    scope="read:jira-user",
)

_PERSON = (
    *columns.text("display_name", "email_address", "time_zone", "self"),
    *columns.flag("active"),
    *columns.object_("avatar_urls"),
)
PERSON = (*columns.text("account_id", "account_type"), *_PERSON)
"""A user of Cloud, in a row of their own."""
DATA_CENTER_PERSON = (column("user_key", schema.TEXT, "key"), *columns.text("name"), *_PERSON)
GROUP_MEMBERS = Resource(
    "group_members",
    "Members of groups, active and inactive.",
    key=("group_id", "account_id"),
    data_center_key=("group_name", "user_key"),
    columns=(*columns.text("group_id"), *PERSON),
    data_center_columns=(*columns.text("group_name"), *DATA_CENTER_PERSON),
    cloud=Read(
        "group/member",
        values,
        offset(identity="accountId"),
        {"groupId": "{groupId}", "includeInactiveUsers": "true"},
        Parents("groups", GROUPS, {"groupId": "groupId"}),
    ),
    data_center=Read(
        "group/member",
        values,
        offset(identity="key"),
        {"groupname": "{groupName}", "includeInactiveUsers": "true"},
        Parents("groups", GROUPS, {"groupName": "name"}),
    ),
    permission=ADMINISTER,
    scope="read:jira-user",
)

RESOURCES = (GROUPS, GROUP_MEMBERS)
