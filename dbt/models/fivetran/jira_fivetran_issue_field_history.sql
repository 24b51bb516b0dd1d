{#- One row is a value that a field of one value took, null when it was emptied: its id if it has one, else
    its text; of two options, one below the other, the lower one's id. Fields that hold an issue hold its
    id, also where Jira writes its key; groups have names, as histories tell no ids of them.

    Where a history tells a name alone, it is the id of what has that name in Jira's list now: of several
    one that all projects share, then the oldest. -#}
{{ config(alias='issue_field_history') }}

with changes as (
  select *, value_ids[{{ jira_count('value_ids') }}] as last_id
  from {{ jira_inline('jira_fivetran_values') }} as told
  where not is_array
),

-- An issue that was moved is found by the keys that it had.
keys as (
  select key, max(issue_id) as issue_id
  from (
    select key, id as issue_id from {{ ref('jira_issues') }}
    union all
    select items.from_text, items.issue_id
    from {{ ref('jira_changelog_items') }} as items
    left join {{ ref('jira_issues') }} as issues on items.from_text = issues.key
    where items.field_name = 'Key' and items.field_type is distinct from 'custom' and issues.id is null
  ) as all_keys
  group by key
),

listed as (
  select 'status' as kind, id, name, project_id from {{ ref('jira_statuses') }}
  union all
  select 'issuetype', id, name, project_id from {{ ref('jira_issue_types') }}
  union all
  select 'priority', id, name, null from {{ ref('jira_priorities') }}
  union all
  select 'resolution', id, name, null from {{ ref('jira_resolutions') }}
),

names as (
  select kind, name, id
  from (
    select
      *,
      row_number() over (
        partition by kind, name
        order by case when project_id is null then 0 else 1 end, length(id), id
      ) as choice
    from listed
  ) as choices
  where choice = 1
)

select
  changes.issue_id,
  changes.field_id,
  changes.time,
  case
    when changes.kind in ('epic', 'issue') then coalesce(
      cast({{ jira_number_id('changes.last_id') }} as {{ jira_type('text') }}), keys.issue_id
    )
    when changes.kind = 'group' then changes.value_text
    else coalesce(nullif(changes.last_id, ''), names.id, changes.value_text)
  end as value,
  changes.author_id,
  changes.is_active
from changes
left join keys
  on changes.kind in ('epic', 'issue') and coalesce(changes.value_text, changes.last_id) = keys.key
left join names
  on changes.last_id is null and changes.kind = names.kind and changes.value_text = names.name
