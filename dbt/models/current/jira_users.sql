{#- Everyone: those of the list of users, and those found only inside other rows (deleted, anonymised,
    apps, out of sight). One row is a person. Of several descriptions the list's counts, else the newest. -#}
{%- set nothing = 'cast(null as timestamp)' -%}
with mentioned as (
  -- An attachment has its author inside it.
  select
    coalesce({{ jira_member('one.value', 'author') }}, one.value) as person,
    max(issues.updated) as seen
  from {{ ref('jira_stg_issue_people') }} as issues
  {{ jira_each(jira_people_columns(), 'given') }}
  {{ jira_members(jira_list('given.value'), 'one') }}
  group by 1
  {%- for stream in ['comments', 'worklogs'] %}
  union all
  select given.value, max(updated)
  from {{ ref('jira_stg_' ~ stream) }}
  {{ jira_each(['author', 'update_author'], 'given') }}
  group by 1
  {%- endfor %}
  union all
  select author, max(created) from {{ ref('jira_stg_change_authors') }} group by 1
  union all
  select lead, {{ nothing }} from {{ ref('jira_stg_projects') }}
  union all
  select lead, {{ nothing }} from {{ ref('jira_stg_components') }}
  union all
  select one.value, {{ nothing }}
  from {{ ref('jira_stg_requests') }} as requests
  {{ jira_members('requests.participants', 'one') }}
),

-- Of who an assignee or a reporter was, histories have an id and a name.
changed as (
  select
    case ends.name
      when 'from' then {{ jira_text('item.value', 'from') }} else {{ jira_text('item.value', 'to') }}
    end as id,
    case ends.name
      when 'from' then {{ jira_text('item.value', 'fromString') }}
      else {{ jira_text('item.value', 'toString') }}
    end as name
  from {{ ref('jira_stg_changelogs') }} as changes
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
  select id, null, null, max(name), null, null, null, null, 2, {{ nothing }}
  from changed
  group by id
  union all
  select
    coalesce(account_id, key, name), account_type, name, display_name, email_address, active,
    time_zone, locale, 0, {{ nothing }}
  from {{ ref('jira_stg_users') }}
),

ordered as (
  select
    described.*,
    row_number() over (
      partition by id
      order by source, seen desc nulls last, display_name nulls last, email_address nulls last
    ) as place
  from described
  where id is not null
)

select
  id, kind, name, display_name, email_address, is_active, time_zone, locale, source = 0 as is_listed
from ordered
where place = 1
