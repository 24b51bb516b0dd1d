{#- For a table that is built issue by issue: take out the issues that are no longer there, and those of
    which nothing was left to build. -#}
{% macro jira_drop_gone(relation) %}
  delete from {{ relation }} as built
  where not exists (
    select 1 from {{ ref('jira_issue_revisions') }} as revisions
    where revisions.issue_id = built.issue_id
  )
{% endmacro %}
