{#- One row is a model that is built in steps, as it was built last (macros/increments.sql). -#}
{{ config(materialized='jira_kept') }}
select
  cast(null as {{ jira_type('text') }}) as model,
  cast(null as {{ jira_type('text') }}) as version,
  cast(null as {{ jira_type('integer') }}) as number,
  cast(null as timestamp) as moment,
  cast(null as {{ jira_type('integer') }}) as whole_since
where 1 = 0
