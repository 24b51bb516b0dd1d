{#- One row is a cycle of a clock of service management: from when it started to when it stopped, if it
    did. What runs is as of the issue's last change; `breaches` tells when its time is up.

    Clocks are fields of the issue; those of which no field was read are taken from its request. -#}
{{ config(
  materialized='jira_steps',
  indexes=[{'columns': ['issue_id']}],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_issue_revisions'))]) }}",
) }}
{%- set since = jira_since() -%}
{%- set columns = {} -%}
{%- for id in jira_field_ids(types=['sd-sla-field']) -%}
  {%- do columns.update({id: 'clock_' ~ (id.split('_') | last)}) -%}
{%- endfor -%}
with issues as (
  select issue_id from {{ jira_issues_to_build(since) }}
),

of_fields as (
  {%- if columns %}
  select clocks.id as issue_id, fields.field_id, fields.value as clock
  from {{ jira_inline('jira_stg_issue_clocks') }} as clocks
  inner join issues on clocks.id = issues.issue_id
  {{ jira_unpivot(columns, 'clocks', 'fields') }}
  {%- else %}
  select
    id as issue_id,
    cast(null as {{ jira_type('text') }}) as field_id,
    cast(null as {{ jira_type('json') }}) as clock
  from {{ jira_inline('jira_stg_issue_clocks') }} as issue_clocks
  where 1 = 0
  {%- endif %}
),

named as (
  select issue_id, field_id, {{ jira_text('clock', 'name') }} as name, clock
  from of_fields
  where {{ jira_text('clock', 'name') }} is not null
),

-- A name of several fields, as projects with clocks of their own have it, tells of none.
fields as (
  select name, case when count(*) = 1 then min(id) end as id
  from {{ jira_inline('jira_stg_fields') }} as fields
  where {{ jira_text(adapter.quote('schema'), 'custom') }} like '%:sd-sla-field'
  group by name
),

told as (
  select requests.issue_id, {{ jira_text('clock.value', 'name') }} as name, clock.value as clock
  from {{ jira_inline('jira_stg_requests') }} as requests
  inner join issues on requests.issue_id = issues.issue_id
  {{ jira_members('requests.sla', 'clock') }}
),

of_requests as (
  select told.issue_id, fields.id as field_id, told.name, told.clock
  from told
  left join fields on told.name = fields.name
  left join named on told.issue_id = named.issue_id and told.name = named.name
  where named.issue_id is null
),

clocks as (
  select * from named
  union all
  select * from of_requests
),

cycles as (
  select clocks.*, cycle.value as cycle, cycle.position, false as is_ongoing
  from clocks
  {{ jira_members(jira_member('clocks.clock', 'completedCycles'), 'cycle') }}
  union all
  select
    clocks.*,
    {{ jira_member('clocks.clock', 'ongoingCycle') }},
    1 + {{ jira_length(jira_member('clocks.clock', 'completedCycles')) }},
    true
  from clocks
  where {{ jira_text('clocks.clock', 'ongoingCycle', 'startTime', 'epochMillis') }} is not null
)

select
  issue_id,
  field_id,
  name,
  position as cycle,
  is_ongoing,
  {{ jira_from_millis(jira_text('cycle', 'startTime', 'epochMillis')) }} as started,
  {{ jira_from_millis(jira_text('cycle', 'stopTime', 'epochMillis')) }} as stopped,
  {{ jira_from_millis(jira_text('cycle', 'breachTime', 'epochMillis')) }} as breaches,
  {{ jira_text('cycle', 'breached') }} = 'true' as is_breached,
  {{ jira_text('cycle', 'paused') }} = 'true' as is_paused,
  {%- for name, member in {'goal': 'goalDuration', 'elapsed': 'elapsedTime', 'remaining': 'remainingTime'}.items() %}
  cast({{ jira_try("integer", jira_text("cycle", member, "millis")) }} as {{ jira_type("number") }}) / 1000 as {{ name }}_seconds{{ ',' if not loop.last }}
  {%- endfor %}
from cycles
where not exists (
  select 1 from {{ jira_inline('jira_gone_issues') }} as gone where gone.id = cycles.issue_id
)
