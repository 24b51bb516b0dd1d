{#- Types of issues. One row is a type. -#}
{{ config(unique_by='id') }}
select
  id,
  name,
  untranslated_name,
  description,
  subtask as is_subtask,
  hierarchy_level,
  {{ jira_text('scope', 'project', 'id') }} as project_id
from {{ jira_inline('jira_stg_issue_types') }} as issue_types
