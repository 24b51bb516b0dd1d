{#- One row is a person, an app, or whoever is named by an issue, a comment, a worklog or a history; who
    commented without being anyone is `anonymous`. -#}
{{ config(alias='user') }}

with named as (
  {{ jira_named_by_history("fields.kind in ('user', 'assignee', 'reporter', 'creator')") }}
),

found as (
  select named.id, named.name
  from named
  left join {{ ref('jira_users') }} as users on named.id = users.id
  where users.id is null and named.id <> 'anonymous'
)

select
  id,
  coalesce(display_name, name, id) as name,
  name as username,
  email_address as email,
  time_zone,
  locale,
  is_active
from {{ ref('jira_users') }}
where id <> 'anonymous'
union all
select id, coalesce(name, id), null, null, null, null, null from found
union all
select 'anonymous', 'Anonymous', null, null, null, null, null
where exists (select 1 from {{ ref('jira_comments') }} where author_id is null)
