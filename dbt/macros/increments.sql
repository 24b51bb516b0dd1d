{#- Tables that are built issue by issue, by inserting. Some row of each issue in them has the revision of
    the issue that it was built of; a table of `revisions` has those of now.

    What is to be built is noted in a table of its own first: it has statistics, so that a few issues are
    looked up and not searched for. All of it is one transaction with the model. -#}

{#- SQL before a model: note the issues to build, and take out what is there of them and of those that are
    gone. -#}
{% macro jira_note_changed(relation, revisions) %}
  {%- if is_incremental() -%}
  {%- set noted = tap_jira.jira_noted(relation) -%}
  drop table if exists {{ noted }};
  drop table if exists {{ noted }}_before;
  create temporary table {{ noted }}_before as
  select distinct issue_id, revision from {{ relation }} where revision is not null;
  create temporary table {{ noted }} as
  select revisions.*
  from {{ revisions }} as revisions
  left join {{ noted }}_before as built
    on revisions.issue_id = built.issue_id and revisions.revision = built.revision
  where built.issue_id is null;
  delete from {{ relation }}
  where issue_id in (
    select built.issue_id
    from {{ noted }}_before as built
    left join {{ revisions }} as revisions
      on built.issue_id = revisions.issue_id and built.revision = revisions.revision
    where revisions.issue_id is null
  );
  drop table {{ noted }}_before;
  analyze {{ noted }}
  {%- endif -%}
{% endmacro %}

{#- SQL after a model that has the revision in one row of each issue: so that these rows are found. -#}
{% macro jira_index_revisions(relation) %}
  {%- if not is_incremental() -%}
  {{ adapter.dispatch('jira_index_some', 'tap_jira')(relation, 'issue_id, revision', 'revision is not null') }}
  {%- endif -%}
{% endmacro %}

{#- Where they are noted. -#}
{% macro jira_noted(relation) -%}
  changed_{{ relation.identifier }}
{%- endmacro %}

{#- For a table that is built issue by issue by deleting and inserting: take out the issues that are not
    there any more; SQL after a model. -#}
{% macro jira_drop_gone(relation) %}
  delete from {{ relation }} as built
  where not exists (
    select 1 from {{ ref('jira_issue_revisions') }} as revisions
    where revisions.issue_id = built.issue_id
  )
{% endmacro %}
