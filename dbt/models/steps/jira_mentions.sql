{#- One row is a person as a row of an issue, of its comments, worklogs or histories describes them, and when
    that was seen last. Of who an assignee or a reporter was, histories have an id and a name. -#}
{{ config(
  indexes=[{'columns': ['issue_id']}],
  index_more=[{'columns': 'id, source, seen desc nulls last'}],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_issue_revisions'))]) }}",
) }}
{%- set since = jira_since() -%}
with issues as (
  select issue_id from {{ jira_issues_to_build(since) }}
),

changes as not materialized (
  select changes.*
  from {{ jira_rows_to_build('changelogs', since) }} as changes
  inner join issues on changes.issue_id = issues.issue_id
),

mentioned as (
  -- An attachment has its author inside it.
  select
    people.id as issue_id,
    coalesce({{ jira_member('one.value', 'author') }}, one.value) as person,
    max(people.updated) as seen
  from {{ jira_inline('jira_stg_issue_people') }} as people
  inner join issues on people.id = issues.issue_id
  {{ jira_each(jira_people_columns(), 'given') }}
  {{ jira_members(jira_list('given.value'), 'one') }}
  group by 1, 2
  {%- for stream in ['comments', 'worklogs'] %}
  union all
  select told.issue_id, given.value, max(told.updated)
  from {{ jira_rows_to_build(stream, since) }} as told
  inner join issues on told.issue_id = issues.issue_id
  {{ jira_each(['told.author', 'told.update_author'], 'given') }}
  group by 1, 2
  {%- endfor %}
  union all
  select issue_id, author, max(created) from changes group by 1, 2
),

named as (
  select
    changes.issue_id,
    case ends.name
      when 'from' then {{ jira_text('item.value', 'from') }} else {{ jira_text('item.value', 'to') }}
    end as id,
    case ends.name
      when 'from' then {{ jira_text('item.value', 'fromString') }}
      else {{ jira_text('item.value', 'toString') }}
    end as name
  from changes
  {{ jira_members('changes.items', 'item') }}
  cross join (values ('from'), ('to')) as ends (name)
  where (
      {{ jira_holds('changes.items', '[{"field": "assignee"}]') }}
      or {{ jira_holds('changes.items', '[{"field": "reporter"}]') }}
    )
    and {{ jira_text('item.value', 'field') }} in ('assignee', 'reporter')
),

described as (
  select
    issue_id,
    {{ jira_person('person') }} as id,
    {{ jira_text('person', 'accountType') }} as kind,
    {{ jira_text('person', 'name') }} as name,
    {{ jira_text('person', 'displayName') }} as display_name,
    {{ jira_text('person', 'emailAddress') }} as email_address,
    {{ jira_text('person', 'active') }} = 'true' as is_active,
    {{ jira_text('person', 'timeZone') }} as time_zone,
    {{ jira_text('person', 'locale') }} as locale,
    1 as source,
    seen
  from mentioned
  union all
  select issue_id, id, null, null, max(name), null, null, null, null, 2, cast(null as timestamp)
  from named
  group by issue_id, id
)

select * from described where id is not null
