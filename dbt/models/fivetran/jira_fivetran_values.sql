{#- One row is a value that a field of an issue took at an instant, arrays whole, and of one instant the
    last. Ephemeral: the two histories are made of it.

    The value at creation bears the issue's `created`, and so does what an import dates before it. At one
    instant an issue has one author: at its creation the creator, later who wrote the histories of that
    instant (of several the greatest id).

    Jira writes no history of `resolutiondate`; it is made of the changes of `resolution`. -#}
{{ config(materialized='ephemeral') }}

with issues as (
  select id, created, creator_id, resolved from {{ ref('jira_issues') }}
),

lasting as (
  select
    history.issue_id,
    history.field_id,
    case when history.valid_from > issues.created then history.valid_from else issues.created end as time,
    history.valid_to is null as is_active,
    history.author_id,
    history.value_id,
    nullif(history.value_text, '') as value_text,
    history.value_ids,
    history.value_texts
  from {{ ref('jira_issue_field_history') }} as history
  join issues on history.issue_id = issues.id
  where history.valid_to is null
    or (history.valid_to > history.valid_from and history.valid_to > issues.created)
),

resolutions as (
  select
    lasting.issue_id,
    lasting.time,
    lasting.is_active,
    lasting.author_id,
    coalesce(lasting.value_id, lasting.value_text) is not null as is_resolved,
    issues.created,
    issues.resolved
  from lasting
  join issues on lasting.issue_id = issues.id
  where lasting.field_id = 'resolution'
),

-- Resolved since it was created, as far as the histories know: Jira's own date is better.
late as (
  select * from resolutions
  where time = created and is_active and is_resolved and resolved > created
),

resolution_dates as (
  select issue_id, time, is_active, author_id, is_resolved
  from resolutions
  where not exists (select 1 from late where late.issue_id = resolutions.issue_id)
  union all
  select issue_id, created, false, author_id, false from late
  union all
  select issue_id, resolved, true, null, true from late
),

everything as (
  select * from lasting where field_id <> 'resolutiondate'
  union all
  select
    issue_id, 'resolutiondate', time, is_active, author_id,
    cast(null as {{ jira_type('text') }}) as value_id,
    case when is_resolved then cast(time as {{ jira_type('text') }}) end,
    cast(null as {{ jira_type('texts') }}),
    cast(null as {{ jira_type('texts') }})
  from resolution_dates
),

authors as (
  select everything.issue_id, everything.time, max(everything.author_id) as author_id
  from everything
  join issues on everything.issue_id = issues.id
  where everything.time > issues.created
  group by everything.issue_id, everything.time
)

select
  {{ jira_number_id('everything.issue_id') }} as issue_id,
  everything.field_id,
  fields.kind,
  fields.is_array,
  everything.time,
  everything.is_active,
  case when everything.time = issues.created then issues.creator_id else authors.author_id end as author_id,
  everything.value_text,
  everything.value_ids,
  everything.value_texts
from everything
join issues on everything.issue_id = issues.id
join {{ ref('jira_fivetran_fields') }} as fields on everything.field_id = fields.id
left join authors on everything.issue_id = authors.issue_id and everything.time = authors.time
