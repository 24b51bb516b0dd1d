{#- One row is a value that a field of an issue took at an instant, arrays whole, and of one instant the
    last. Ephemeral: the two histories are made of it.

    The value at creation bears the issue's `created`, and so does what an import dates before it. At one
    instant an issue has one author: at its creation the creator, later who wrote the histories of that
    instant (of several the greatest id).

    Jira writes no history of `resolutiondate`; it is made of the changes of `resolution`. -#}
{{ config(materialized='ephemeral') }}
{#- The history is read where it is needed, not once for all: kept aside it would go to the disk. -#}
{%- set lasts = "(history.valid_to is null
      or (history.valid_to > history.valid_from and history.valid_to > issues.created))" %}

with issues as (
  select id, created, creator_id, resolved from {{ jira_read_inline('jira_issues') }}
),

told as (
  select
    history.issue_id,
    history.field_id,
    case when history.valid_from > issues.created then history.valid_from else issues.created end as time,
    history.valid_to is null as is_active,
    history.author_id,
    nullif(history.value_text, '') as value_text,
    history.value_ids,
    history.value_texts
  from {{ jira_read_inline('jira_issue_field_history') }} as history
  join issues on history.issue_id = issues.id
  where history.field_id <> 'resolutiondate' and {{ lasts }}
),

resolutions as (
  select
    history.issue_id,
    case when history.valid_from > issues.created then history.valid_from else issues.created end as time,
    history.valid_to is null as is_active,
    history.author_id,
    coalesce(history.value_id, history.value_text) is not null as is_resolved,
    -- Resolved since it was created, as far as the histories know: Jira's own date is better.
    history.valid_to is null
      and history.valid_from <= issues.created
      and coalesce(history.value_id, history.value_text) is not null
      and coalesce(issues.resolved > issues.created, false) as is_late,
    issues.resolved
  from {{ jira_read_inline('jira_issue_field_history') }} as history
  join issues on history.issue_id = issues.id
  where history.field_id = 'resolution' and {{ lasts }}
),

resolution_dates as (
  select
    issue_id,
    time,
    is_active and not is_late as is_active,
    author_id,
    is_resolved and not is_late as is_resolved
  from resolutions
  union all
  select issue_id, resolved, true, null, true
  from resolutions
  where is_late
),

everything as (
  select * from told
  union all
  select
    issue_id, 'resolutiondate', time, is_active, author_id,
    case when is_resolved then cast(time as {{ jira_type('text') }}) end,
    cast(null as {{ jira_type('texts') }}),
    cast(null as {{ jira_type('texts') }})
  from resolution_dates
),

-- Who it was at the instants where rows have several authors, or a row is made.
authors as (
  select history.issue_id, history.valid_from as time, max(history.author_id) as author_id
  from {{ jira_read_inline('jira_issue_field_history') }} as history
  join issues on history.issue_id = issues.id
  where history.valid_from > issues.created and {{ lasts }}
  group by history.issue_id, history.valid_from, issues.resolved
  having min(history.author_id) <> max(history.author_id)
    or count(history.author_id) < count(*)
    or history.valid_from = issues.resolved
)

select
  {{ jira_number_id('everything.issue_id') }} as issue_id,
  everything.field_id,
  fields.kind,
  fields.is_array,
  everything.time,
  everything.is_active,
  case
    when everything.time = issues.created then issues.creator_id
    else coalesce(authors.author_id, everything.author_id)
  end as author_id,
  everything.value_text,
  everything.value_ids,
  everything.value_texts
from everything
join issues on everything.issue_id = issues.id
join {{ jira_inline('jira_fivetran_fields') }} as fields on everything.field_id = fields.id
left join authors on everything.issue_id = authors.issue_id and everything.time = authors.time
