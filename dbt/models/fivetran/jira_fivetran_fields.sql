{#- One row is a field: of Jira's list, or found in a history only (deleted, or a name that no field bears
    any more). Ephemeral: `field` shows it, the histories are told apart by it. -#}
{{ config(materialized='ephemeral') }}
{%- set names = jira_english_field_names() %}

with listed as (
  select id, coalesce(untranslated_name, name) as name, is_custom, type, items_type, custom_type, is_array
  from {{ jira_read_inline('jira_fields') }}
),

found as (
  select
    history.field_id as id,
    max(history.field_name) as name,
    history.field_id like 'customfield%' as is_custom
  from {{ jira_read_inline('jira_issue_field_history') }} as history
  left join listed on history.field_id = listed.id
  where listed.id is null and history.field_id <> 'resolutiondate'
  group by history.field_id
),

everything as (
  select * from listed
  union all
  select
    id, name, is_custom,
    cast(null as {{ jira_type('text') }}) as type,
    cast(null as {{ jira_type('text') }}) as items_type,
    cast(null as {{ jira_type('text') }}) as custom_type,
    false as is_array
  from found
  union all
  select 'resolutiondate', 'Resolved', false, 'datetime', null, null, false
  where not exists (select 1 from listed where id = 'resolutiondate')
),

kinds as (
  select
    *,
    case
      when custom_type like '%gh-sprint' then 'sprint'
      when custom_type like '%gh-epic-link' then 'epic'
      when custom_type like '%jpo-custom-field-parent' or id = 'parent' then 'issue'
      when id in ('versions', 'fixVersions') then 'version'
      when custom_type like '%atlassian-team' or custom_type like '%rm-teams-custom-field-team' then 'team'
      when type = 'user' or items_type = 'user' then 'user'
      when type = 'group' or items_type = 'group' then 'group'
      when type in ('option', 'option-with-child') or items_type = 'option' then 'option'
      else id
    end as kind
  from everything
)

select
  id,
  case
    {%- for id, name in names.items() %}
    when id = '{{ id }}' then '{{ name }}'
    {%- endfor %}
    when kind = 'sprint' then 'Sprint'
    when kind = 'epic' then 'Epic Link'
    when custom_type like '%atlassian-team' then 'Team'
    else name
  end as name,
  coalesce(is_custom, false) as is_custom,
  coalesce(is_array, false)
    or kind = 'sprint'
    or id in ('labels', 'components', 'fixVersions', 'versions') as is_array,
  kind
from kinds
