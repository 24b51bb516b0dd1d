{#- One row is a field of an issue that holds something now, of those whose values are followed. -#}
{{ config(materialized='ephemeral') }}
with held as (
  select issue_values.*, fields.kind
  from {{ ref('jira_stg_issue_values') }} as issue_values
  inner join {{ ref('jira_field_kinds') }} as fields
    on issue_values.field_id = fields.field_id and fields.kind <> 'none'
),

lists as (
  select
    held.issue_id,
    held.field_id,
    held.kind,
    {{ jira_texts(jira_held_id('held.kind', 'member.value'), 'member.position') }} as value_ids,
    {{ jira_texts(jira_held_text('held.kind', 'member.value'), 'member.position') }} as value_texts
  from held
  {{ jira_members('held.value', 'member') }}
  where held.kind in {{ jira_list_kinds() }} or held.kind = 'members'
  group by held.issue_id, held.field_id, held.kind
)

select issue_id, field_id, kind, value_ids, value_texts
from lists
union all
select
  issue_id,
  field_id,
  kind,
  case
    when kind = 'cascade' and {{ jira_text('value', 'child', 'id') }} is not null
      then {{ jira_array(jira_text('value', 'id'), jira_text('value', 'child', 'id')) }}
    else {{ jira_array(jira_held_id('kind', 'value')) }}
  end,
  case
    when kind = 'cascade' and {{ jira_text('value', 'child', 'id') }} is not null
      then {{ jira_array(jira_text('value', 'value'), jira_text('value', 'child', 'value')) }}
    else {{ jira_array(jira_held_text('kind', 'value')) }}
  end
from held
where kind not in {{ jira_list_kinds() }} and kind <> 'members'
  and ({{ jira_is_object('value') }} or kind <> 'issue' or {{ jira_scalar('value') }} <> '')
