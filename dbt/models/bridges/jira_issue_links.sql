{#- One row is a link between two issues, whichever of them shows it: issue_id is the one that
    `outward` is said of ("blocks"), related_issue_id the one that `inward` is said of ("is blocked by").

    Both ends show a link. Where one does not, the one that was changed last is right. -#}
{{ config(materialized='jira_steps', refilled=true) }}
with shown as (
  select
    ends.*,
    row_number() over (partition by link_id order by shown_at desc, shown_by) as place,
    count(*) over (partition by link_id) as ends
  from {{ ref('jira_issue_link_ends') }} as ends
  where not is_gone
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
left join {{ ref('jira_issue_rows') }} as sources on shown.issue_id = sources.id and not sources.is_gone
left join {{ ref('jira_issue_rows') }} as targets
  on shown.related_issue_id = targets.id and not targets.is_gone
left join {{ jira_inline('jira_stg_issue_link_types') }} as types on shown.type_id = types.id
where shown.place = 1
  and (
    shown.ends > 1
    or shown.shown_at >= coalesce(sources.updated, shown.shown_at)
    and shown.shown_at >= coalesce(targets.updated, shown.shown_at)
  )
  and not exists (
    select 1 from {{ jira_inline('jira_gone_issues') }} as gone
    where gone.id = shown.issue_id or gone.id = shown.related_issue_id
  )
