{#- One row is a link between two issues, whichever of them shows it: issue_id is the one that
    `outward` is said of ("blocks"), related_issue_id the one that `inward` is said of ("is blocked by").

    Both ends show a link. Where one does not, the one that was changed last is right. -#}
with shown as (
  select
    {{ jira_text('link.value', 'id') }} as link_id,
    coalesce({{ jira_text('link.value', 'inwardIssue', 'id') }}, issues.id) as issue_id,
    coalesce({{ jira_text('link.value', 'outwardIssue', 'id') }}, issues.id) as related_issue_id,
    {{ jira_text('link.value', 'type', 'id') }} as type_id,
    {{ jira_text('link.value', 'type', 'name') }} as type_name,
    {{ jira_text('link.value', 'type', 'inward') }} as inward,
    {{ jira_text('link.value', 'type', 'outward') }} as outward,
    issues.updated as shown_at,
    row_number() over (
      partition by {{ jira_text('link.value', 'id') }} order by issues.updated desc, issues.id
    ) as place,
    count(*) over (partition by {{ jira_text('link.value', 'id') }}) as ends
  from {{ ref('jira_present_issues') }} as issues
  {{ jira_members('issues.issuelinks', 'link') }}
)

select
  shown.link_id,
  shown.issue_id,
  shown.related_issue_id,
  shown.type_id,
  coalesce(types.name, shown.type_name) as type_name,
  coalesce(types.inward, shown.inward) as inward,
  coalesce(types.outward, shown.outward) as outward
from shown
left join {{ ref('jira_issues') }} as sources on shown.issue_id = sources.id
left join {{ ref('jira_issues') }} as targets on shown.related_issue_id = targets.id
left join {{ ref('jira_stg_issue_link_types') }} as types on shown.type_id = types.id
where shown.place = 1
  and (
    shown.ends > 1
    or shown.shown_at >= coalesce(sources.updated, shown.shown_at)
    and shown.shown_at >= coalesce(targets.updated, shown.shown_at)
  )
  and not exists (
    select 1 from {{ ref('jira_gone_issues') }} as gone
    where gone.id in (shown.issue_id, shown.related_issue_id)
  )
