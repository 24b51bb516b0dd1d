{#- One row is a team that an issue belongs to or belonged to. -#}
{{ config(alias='team') }}

select id, coalesce(name, id) as name, name as title
from ({{ jira_named_by_history("fields.kind = 'team'") }}) as named
