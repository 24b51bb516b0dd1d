{#- One row is a type of issues, also one that only issues or histories know. Jira's own type of epics is
    named so in every language.  -#}
{{ config(alias='issue_type') }}

with known as (
  {{ jira_known('jira_issue_types', "fields.id = 'issuetype'", 'issue_type_id', 'issue_type_name') }}
),

typed as (
  select
    {{ jira_number_id('known.id') }} as id,
    case when lower(listed.untranslated_name) = 'epic' then 'Epic' else known.name end as name,
    listed.description,
    listed.is_subtask as subtask
  from known
  left join {{ ref('jira_issue_types') }} as listed on known.id = listed.id
)

select * from typed where id is not null
