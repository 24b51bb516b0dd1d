{#- One row is an issue, with when the work on it began and when it came into the category done last. -#}
{{ config(
  indexes=[{'columns': ['issue_id']}],
  pre_hook="{{ jira_note_issues([
    jira_changes_of(ref('jira_history_issues')), jira_issues_of_changed_statuses()
  ]) }}",
) }}
{%- set since = jira_since() -%}
select
  stays.issue_id,
  min(stays.entered) as first_entered,
  min(case when statuses.category_key = 'indeterminate' then stays.entered end) as started,
  max(case when coalesce(statuses.category_key, 'undefined') <> 'done' then stays.left_at end)
    as last_reopened_until,
  max(case when stays.left_at is null then coalesce(statuses.category_key, 'undefined') end)
    as current_category_key
from {{ ref('jira_issue_stays') }} as stays
{%- if since %}
inner join {{ jira_noted(this) }} as noted on stays.issue_id = noted.issue_id
{%- endif %}
left join {{ ref('jira_known_statuses') }} as statuses on stays.status_id = statuses.reference and statuses.is_known
group by stays.issue_id
