{#- One row is a member of a list of an issue: a label, a component, a version, a sprint, a sub-task, a
    participant. `value` has what else is asked of sprints and participants. -#}
{{ config(
  indexes=[{'columns': ['issue_id']}, {'columns': ['kind', 'id']}],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_issue_revisions'))]) }}",
) }}
{%- set since = jira_since() -%}
{%- set lists = {
  'label': 'labels', 'component': 'components', 'fix version': 'fix_versions',
  'affected version': 'versions', 'sprint': 'sprints', 'sub-task': 'subtasks',
  'participant': 'participants',
} -%}
with issues as (
  select issues.*, gone.id is not null as is_gone
  from {{ jira_inline('jira_stg_issues') }} as issues
  left join {{ jira_inline('jira_gone_issues') }} as gone on issues.id = gone.id
  {%- if since %}
  inner join {{ jira_noted(this) }} as noted on issues.id = noted.issue_id
  {%- endif %}
),

members as (
  {%- for kind, list in lists.items() %}
  {%- if not loop.first %}
  union all
  {%- endif %}
  select issues.id as issue_id, issues.is_gone, issues.updated, '{{ kind }}' as kind, member.value
  from issues
  {{ jira_members('issues.' ~ list, 'member') }}
  {%- endfor %}
),

told as (
  select
    issue_id,
    is_gone,
    updated,
    kind,
    case kind
      when 'label' then {{ jira_scalar('value') }}
      when 'participant' then {{ jira_person('value') }}
      else {{ jira_text('value', 'id') }}
    end as id,
    case when kind not in ('label', 'participant') then {{ jira_text('value', 'name') }} end as name,
    case when kind = 'sprint' then value end as value
  from members
)

select * from told where id is not null
