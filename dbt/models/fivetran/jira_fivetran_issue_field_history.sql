{#- One row is a value that a field of one value took, null when it was emptied: its id if it has one, else
    its text; of two options, one below the other, the lower one's id. Fields that hold an issue hold its
    id, also where Jira writes its key; groups have names, as histories tell no ids of them. -#}
{{ config(alias='issue_field_history') }}

with changes as (
  select *, value_ids[{{ jira_count('value_ids') }}] as last_id
  from {{ ref('jira_fivetran_values') }}
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
    where items.field_name = 'Key' and issues.id is null
  ) as all_keys
  group by key
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
    else coalesce(nullif(changes.last_id, ''), changes.value_text)
  end as value,
  changes.author_id,
  changes.is_active
from changes
left join keys
  on changes.kind in ('epic', 'issue') and coalesce(changes.value_text, changes.last_id) = keys.key
