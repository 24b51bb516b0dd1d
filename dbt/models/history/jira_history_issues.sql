{#- One row is an issue that is there, with what its history needs to know. The key of an epic is all that
    some issues know of it: which issue that is belongs to the revision. -#}
with links as (
  select epic_key as key from {{ ref('jira_issue_revisions') }} where epic_key is not null
  union
  select parent_link_key from {{ ref('jira_issue_revisions') }} where parent_link_key is not null
),

project_keys as (
  select projects.id, {{ jira_scalar('known.value') }} as key
  from {{ ref('jira_stg_projects') }} as projects
  {{ jira_members('projects.project_keys', 'known') }}
),

-- By a key that they have, that they had before they moved, or before their project had another.
targets as (
  select links.key, 1 as rank, revisions.issue_id
  from links
  inner join {{ ref('jira_issue_revisions') }} as revisions on links.key = revisions.key
  union all
  select links.key, 2, items.issue_id
  from links
  inner join {{ ref('jira_changelog_items') }} as items
    on items.field_id = 'issuekey' and links.key = items.from_text
  union all
  select links.key, 3, revisions.issue_id
  from links
  inner join project_keys as former on split_part(links.key, '-', 1) = former.key
  inner join project_keys as other on former.id = other.id and former.key <> other.key
  inner join {{ ref('jira_issue_revisions') }} as revisions
    on revisions.key = other.key || '-' || split_part(links.key, '-', 2)
),

ranked as (
  select *, row_number() over (partition by key order by rank, issue_id) as place
  from targets
),

epics as (
  select key, issue_id from ranked where place = 1
)

select
  revisions.issue_id,
  revisions.created,
  revisions.updated,
  revisions.epic_key,
  epics.issue_id as epic_id,
  revisions.parent_link_key,
  parents.issue_id as parent_link_id,
  {{ jira_hash("concat_ws('|', revisions.revision, epics.issue_id, parents.issue_id)") }} as revision
from {{ ref('jira_issue_revisions') }} as revisions
left join epics on revisions.epic_key = epics.key
left join epics as parents on revisions.parent_link_key = parents.key
{%- if tap_jira.jira_raw_relation('changelogs') is none %}
-- Without the changes, what issues hold now would seem to be all that they ever held.
where 1 = 0
{%- endif %}
