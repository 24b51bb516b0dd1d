{#- One row is a field of an issue that holds something now, of those whose values are followed. -#}
{{ config(materialized='ephemeral') }}
with held as (
  select issue_values.*, fields.kind
  from {{ jira_inline('jira_stg_issue_values') }} as issue_values
  inner join {{ jira_inline('jira_field_kinds') }} as fields
    on issue_values.field_id = fields.field_id and fields.kind <> 'none'
)

select
  issue_id,
  field_id,
  kind,
  case
    when kind in {{ jira_list_kinds() }} or kind = 'members'
      then {{ jira_collect(jira_list('value'), jira_held_id('kind', 'member.value')) }}
    when kind = 'cascade' and {{ jira_text('value', 'child', 'id') }} is not null
      then {{ jira_array(jira_text('value', 'id'), jira_text('value', 'child', 'id')) }}
    else {{ jira_array(jira_held_id('kind', 'value')) }}
  end as value_ids,
  case
    when kind in {{ jira_list_kinds() }} or kind = 'members'
      then {{ jira_collect(jira_list('value'), jira_held_text('kind', 'member.value')) }}
    when kind = 'cascade' and {{ jira_text('value', 'child', 'id') }} is not null
      then {{ jira_array(jira_text('value', 'value'), jira_text('value', 'child', 'value')) }}
    else {{ jira_array(jira_held_text('kind', 'value')) }}
  end as value_texts
from held
-- On Cloud a parent link is an object without a key, or the text of one.
where not (kind = 'link' and left({{ jira_scalar('value') }}, 1) = '{')
