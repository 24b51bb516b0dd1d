{#- Everyone: those of the list of users, and those found only inside other rows (deleted, anonymised,
    apps, out of sight). One row is a person. Of several descriptions the list's counts, else the newest. -#}
{{ config(unique_by='id') }}
{%- set nothing = 'cast(null as timestamp)' -%}
with listed as (
  select coalesce(account_id, key, name) as id, *
  from {{ jira_inline('jira_stg_users') }} as users
),

-- Most of the rows are of those who are listed, and need not be read.
others as (
  select mentions.value as id
  from ({{ jira_distinct(ref('jira_mentions'), 'id') }}) as mentions
  where not exists (select 1 from listed where listed.id = mentions.value)
),

mentioned as (
  select lead as person from {{ jira_inline('jira_stg_projects') }} as projects
  union all
  select lead from {{ jira_inline('jira_stg_components') }} as components
  union all
  select one.value
  from {{ jira_inline('jira_stg_requests') }} as requests
  {{ jira_members('requests.participants', 'one') }}
),

described as (
  select
    mentions.id, kind, name, display_name, email_address, is_active, time_zone, locale, source, max(seen) as seen
  from others
  {{ jira_newest_of_few('others', ref('jira_mentions'), 'mentions') }}
  group by 1, 2, 3, 4, 5, 6, 7, 8, 9
  union all
  select
    {{ jira_person('person') }},
    {{ jira_text('person', 'accountType') }},
    {{ jira_text('person', 'name') }},
    {{ jira_text('person', 'displayName') }},
    {{ jira_text('person', 'emailAddress') }},
    {{ jira_text('person', 'active') }} = 'true',
    {{ jira_text('person', 'timeZone') }},
    {{ jira_text('person', 'locale') }},
    1,
    {{ nothing }}
  from mentioned
  union all
  select
    id, account_type, name, display_name, email_address, active,
    time_zone, locale, 0, {{ nothing }}
  from listed
),

ordered as (
  select
    described.*,
    row_number() over (
      partition by id
      order by
        source, seen desc nulls last,
        case when source = 2 then display_name end desc nulls last,
        display_name nulls last, email_address nulls last, kind, name, is_active, time_zone, locale
    ) as place
  from described
  where id is not null
)

select
  id, kind, name, display_name, email_address, is_active, time_zone, locale, source = 0 as is_listed
from ordered
where place = 1
