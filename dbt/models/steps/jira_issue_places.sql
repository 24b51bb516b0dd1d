{#- Where an issue is now: its key, its project and what is above it. One row is an issue that was read.

    A project's key that was changed is in no issue's row until the issue itself is changed, hence the
    key is put together anew. An epic link names a key, which may be a former one.

    All are reckoned in each build, of a few columns each, since any issue may be above any other; what has
    become another row is written. -#}
{{ config(
  key='id',
  differing=true,
  indexes=[{'columns': ['id']}],
  pre_hook="{{ jira_more_memory() }}",
) }}
{%- set since = jira_since() -%}
-- A few rows that all issues are joined with: their columns are made what they are once.
with projects as materialized (
  select id, key, name, project_keys from {{ jira_inline('jira_stg_projects') }} as projects
),

types as materialized (
  select id, hierarchy_level from {{ jira_inline('jira_stg_issue_types') }} as types
),

issues as (
  select
    raw_issues.id,
    coalesce(projects.key || '-' || split_part(raw_issues.key, '-', 2), raw_issues.key) as key,
    raw_issues.project_id,
    coalesce(projects.key, raw_issues.project_key) as project_key,
    coalesce(projects.name, raw_issues.project_name) as project_name,
    coalesce(raw_issues.hierarchy_level, types.hierarchy_level) as level,
    raw_issues.parent_id,
    raw_issues.parent_key,
    raw_issues.parent_level,
    raw_issues.epic_link,
    raw_issues.parent_link,
    raw_issues.is_gone
  from {{ ref('jira_issue_rows') }} as raw_issues
  left join projects on raw_issues.project_id = projects.id
  left join types on raw_issues.issue_type_id = types.id
),

-- What the keys of a project were, and what its key is now.
project_keys as (
  select {{ jira_scalar('former.value') }} as former, min(projects.key) as key
  from projects
  {{ jira_members('projects.project_keys', 'former') }}
  group by 1
),

-- Links by the keys that their issues have now, or had last.
links as (
  select
    named.link,
    coalesce(project_keys.key || '-' || split_part(named.link, '-', 2), named.link) as key
  from (
    select distinct coalesce(epic_link, parent_link) as link
    from issues
    where parent_id is null and coalesce(epic_link, parent_link) is not null
  ) as named
  left join project_keys on split_part(named.link, '-', 1) = project_keys.former
),

unknown_links as (
  select links.key from links
  where not exists (select 1 from issues where issues.key = links.key)
),

-- Keys that issues had before they were moved. The histories are not read for nothing.
moves as (
  select
    coalesce(project_keys.key, split_part(changes.former_key, '-', 1))
      || '-' || split_part(changes.former_key, '-', 2) as key,
    min(changes.issue_id) as id
  from (
    select former_keys.key as former_key, former_keys.issue_id
    from {{ ref('jira_former_keys') }} as former_keys
    where exists (select 1 from unknown_links)
  ) as changes
  left join project_keys on split_part(changes.former_key, '-', 1) = project_keys.former
  group by 1
),

targets as (
  select links.link, min(coalesce(issues.id, moves.id)) as id
  from links
  left join issues on links.key = issues.key
  left join moves on links.key = moves.key
  group by 1
),

-- What is above an issue, by itself.
above as (
  select
    issues.id,
    issues.level,
    coalesce(issues.parent_id, targets.id) as parent_id,
    case
      when issues.parent_id is not null then issues.parent_key
      else coalesce(issues.epic_link, issues.parent_link)
    end as parent_key,
    issues.parent_level,
    issues.parent_id is null and issues.epic_link is not null as is_epic_link
  from issues
  left join targets
    on issues.parent_id is null and coalesce(issues.epic_link, issues.parent_link) = targets.link
),

-- The same with what is known of the parent; one that is gone is none.
parents as (
  select
    above.id,
    above.level,
    case when gone.id is null then above.parent_id end as parent_id,
    case when gone.id is null then coalesce(parent.key, above.parent_key) end as parent_key,
    above.is_epic_link or coalesce(parent.level, above.parent_level) >= 1 as is_below_epic
  from above
  left join issues as parent on above.parent_id = parent.id
  left join {{ jira_inline('jira_gone_issues') }} as gone on above.parent_id = gone.id
),

places as (
  select
    issues.id,
    issues.key,
    issues.project_id,
    issues.project_key,
    issues.project_name,
    issues.level as hierarchy_level,
    parents.parent_id,
    parents.parent_key,
    case
      when issues.level >= 1 then null
      when parents.is_below_epic then parents.parent_id
      when grandparents.is_below_epic then grandparents.parent_id
    end as epic_id,
    case
      when issues.level >= 1 then null
      when parents.is_below_epic then parents.parent_key
      when grandparents.is_below_epic then grandparents.parent_key
    end as epic_key
  from issues
  inner join parents on issues.id = parents.id
  left join parents as grandparents
    on parents.parent_id = grandparents.id and coalesce(grandparents.level, 0) < 1
)

select places.*
from places
{%- if since %}
left join {{ this }} as built on places.id = built.id
where built.id is null
{%- for column in [
  'key', 'project_id', 'project_key', 'project_name', 'hierarchy_level', 'parent_id', 'parent_key',
  'epic_id', 'epic_key',
] %}
  or places.{{ column }} is distinct from built.{{ column }}
{%- endfor %}
{%- endif %}
