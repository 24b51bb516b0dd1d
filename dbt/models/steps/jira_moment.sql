{#- One row: the moment of the build, which is the present of the answers. -#}
{{ config(refilled=true) }}
-- depends_on: {{ ref('jira_builds') }}
select {{ jira_now() }} as moment
