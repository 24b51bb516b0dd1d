{#- One row is a member of an array that a field took: at each change all members anew, or one row without
    a value when it was emptied. A member is its id if it has one, else its text; versions and sprints
    without an id are left out, and groups have names, as histories tell no ids of them. -#}
{{ config(alias='issue_multiselect_history') }}

with changes as (
  select
    *,
    case when kind <> 'group' then value_ids end as told_ids,
    case when kind not in ('version', 'sprint') then value_texts end as told_texts
  from {{ jira_inline('jira_fivetran_values') }} as told
  where is_array
),

members as (
  select
    changes.issue_id,
    changes.field_id,
    changes.time,
    changes.author_id,
    changes.is_active,
    case
      -- Whoever reads versions casts them to 32 bits.
      when changes.kind <> 'version'
        or {{ jira_number_id('elements.id') }} between 0 and 2147483647
        then coalesce(nullif(elements.id, ''), elements.text)
    end as value
  from changes
  {{ jira_either('changes.told_ids', 'changes.told_texts', 'elements') }}
)

select
  issue_id,
  field_id,
  time,
  value,
  author_id,
  is_active,
  md5(concat_ws('/', issue_id, field_id, cast(time as {{ jira_type('text') }}), value)) as _fivetran_id
from members
