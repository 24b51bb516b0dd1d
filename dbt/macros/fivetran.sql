{#- What the views in the shape of the closed connector share. -#}

{#- Its tables are read by whoever knows that connector, in a schema whose name is theirs to choose: the
    variable `fivetran_schema` is that name, whole, also where this package is one of several. All other
    models, here and there, go where the project that is run wants them. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {%- if node.package_name == 'tap_jira' and 'fivetran' in node.fqn -%}
    {{ var('fivetran_schema') }}
  {%- elif project_name != 'tap_jira' and 'generate_schema_name' in context.get(project_name, {}) -%}
    {{ context[project_name].generate_schema_name(custom_schema_name, node) }}
  {%- else -%}
    {{ dbt.default__generate_schema_name(custom_schema_name, node) }}
  {%- endif -%}
{%- endmacro %}


{#- System fields' names in English, as Jira Cloud has them. Jira gives names in the reader's language,
    Data Center also in other words ("Component/s"). -#}
{% macro jira_english_field_names() %}
  {{ return({
    'aggregateprogress': 'Σ Progress',
    'aggregatetimeestimate': 'Σ Remaining Estimate',
    'aggregatetimeoriginalestimate': 'Σ Original Estimate',
    'aggregatetimespent': 'Σ Time Spent',
    'archivedby': 'Archiver',
    'archiveddate': 'Archived',
    'assignee': 'Assignee',
    'attachment': 'Attachment',
    'comment': 'Comment',
    'components': 'Components',
    'created': 'Created',
    'creator': 'Creator',
    'description': 'Description',
    'duedate': 'Due date',
    'environment': 'Environment',
    'fixVersions': 'Fix versions',
    'issuekey': 'Key',
    'issuelinks': 'Linked Issues',
    'issuerestriction': 'Restrict to',
    'issuetype': 'Issue Type',
    'labels': 'Labels',
    'lastViewed': 'Last Viewed',
    'parent': 'Parent',
    'priority': 'Priority',
    'progress': 'Progress',
    'project': 'Project',
    'reporter': 'Reporter',
    'resolution': 'Resolution',
    'resolutiondate': 'Resolved',
    'security': 'Security Level',
    'status': 'Status',
    'statusCategory': 'Status Category',
    'statuscategorychangedate': 'Status Category Changed',
    'subtasks': 'Sub-tasks',
    'summary': 'Summary',
    'thumbnail': 'Images',
    'timeestimate': 'Remaining Estimate',
    'timeoriginalestimate': 'Original Estimate',
    'timespent': 'Time Spent',
    'timetracking': 'Time tracking',
    'updated': 'Updated',
    'versions': 'Affects versions',
    'votes': 'Votes',
    'watches': 'Watchers',
    'worklog': 'Log Work',
    'workratio': 'Work Ratio',
  }) }}
{% endmacro %}


{#- A query for the ids that a field's history knows, each with the name that it had last: columns `id`
    (text) and `name`. `where` is SQL over `fields` (a row of `jira_fivetran_fields`). It makes the rows
    of what was deleted since, or cannot be seen, but is named by the past. -#}
{% macro jira_named_by_history(where) -%}
  select id, name
  from (
    select
      elements.id,
      elements.text as name,
      row_number() over (
        partition by elements.id
        order by case when elements.text is null then 1 else 0 end, history.valid_from desc, elements.text
      ) as recency
    from {{ ref('jira_issue_field_history') }} as history
    join {{ jira_inline('jira_fivetran_fields') }} as fields on history.field_id = fields.id
    {{ tap_jira.jira_either('history.value_ids', 'history.value_texts', 'elements') }}
    where {{ where }} and elements.id is not null
  ) as named
  where recency = 1
{%- endmacro %}


{#- A query for all ids of a kind, each with its name: columns `id` (text) and `name`. The list in `model`
    goes first, then the issues of now (their columns `id` and `name`), then the histories. -#}
{% macro jira_known(model, where, id=none, name=none) -%}
  select id, name
  from (
    select id, name, row_number() over (partition by id order by source) as choice
    from (
      select id, name, 1 as source from {{ ref(model) }}
      {%- if id %}
      union all
      select {{ id }}, max({{ name }}), 2 from {{ ref('jira_issues') }} group by {{ id }}
      {%- endif %}
      union all
      select id, name, 3 from ({{ tap_jira.jira_named_by_history(where) }}) as past
    ) as found
  ) as ranked
  where choice = 1 and id is not null
{%- endmacro %}


{#- An id as the closed connector types it: an integer; null where it is no number. -#}
{% macro jira_number_id(id) -%} {{ tap_jira.jira_try('integer', id) }} {%- endmacro %}
