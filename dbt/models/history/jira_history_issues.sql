{#- One row is an issue, with what its history needs to know. The key of an epic is all that some issues
    know of it: an issue has also changed when that key is another issue's. -#}
{{ config(
  differing=true,
  indexes=[{'columns': ['issue_id']}, {'columns': ['changed_in']}],
  pre_hook="{{ jira_more_memory() }}",
) }}
{%- set since = jira_since() -%}
with issues as not materialized (
  select * from {{ ref('jira_issue_revisions') }} where is_there
),

links as (
  select epic_key as key from issues where epic_key is not null
  union
  select parent_link_key from issues where parent_link_key is not null
),

project_keys as (
  select projects.id, {{ jira_scalar('known.value') }} as key
  from {{ jira_inline('jira_stg_projects') }} as projects
  {{ jira_members('projects.project_keys', 'known') }}
),

-- By a key that they have, that they had before they moved, or before their project had another.
targets as (
  select links.key, 1 as rank, revisions.issue_id
  from links
  inner join issues as revisions on links.key = revisions.key
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
  inner join issues as revisions
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
  {#- Without the changes, what issues hold now would seem to be all that they ever held. #}
  revisions.is_there{% if not jira_is_loaded('changelogs') %} and false{% endif %} as is_there,
  revisions.created,
  revisions.updated,
  revisions.epic_key,
  epics.issue_id as epic_id,
  revisions.parent_link_key,
  parents.issue_id as parent_link_id,
  revisions.changed_in as revised_in,
  {{ jira_next_number() }} as changed_in
from {{ ref('jira_issue_revisions') }} as revisions
left join epics on revisions.epic_key = epics.key
left join epics as parents on revisions.parent_link_key = parents.key
{%- if since %}
left join {{ this }} as built on revisions.issue_id = built.issue_id
where revisions.changed_in is distinct from built.revised_in
  or epics.issue_id is distinct from built.epic_id
  or parents.issue_id is distinct from built.parent_link_id
{%- endif %}
