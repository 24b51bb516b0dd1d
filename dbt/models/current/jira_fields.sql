{#- Fields, system and custom. One row is a field. -#}
-- depends_on: {{ ref('jira_builds') }}
select
  id,
  name,
  untranslated_name,
  coalesce(custom, false) as is_custom,
  {{ jira_text(adapter.quote('schema'), 'type') }} as type,
  {{ jira_text(adapter.quote('schema'), 'items') }} as items_type,
  {{ jira_text(adapter.quote('schema'), 'custom') }} as custom_type,
  coalesce({{ jira_text(adapter.quote('schema'), 'type') }} = 'array', false) as is_array,
  {{ jira_text('scope', 'project', 'id') }} as project_id
from {{ jira_inline('jira_stg_fields') }} as fields
