{#- One row is what a field of an issue held from one instant to another.

    A history says what a field was before a change and what it is since. So the value at creation is
    what the first change found, and of a field that no change names what is there now. Lists are
    either told whole by each change, or by the members that came and went (kind `members`). Where an
    issue now holds something else than its histories end with, nobody told of the last change: it is
    dated to the issue's `updated`. -#}
{{ config(
  indexes=[{'columns': ['issue_id']}],
  pre_hook="{{ jira_note_issues([jira_changes_of(ref('jira_history_issues'))]) }}",
) }}
{%- set since = jira_since() -%}
with issues as (
  select issues.*
  from {{ ref('jira_history_issues') }} as issues
  {%- if since %}
  inner join {{ jira_noted(this) }} as noted on issues.issue_id = noted.issue_id
  {%- endif %}
  where issues.is_there
),

creators as (
  select creators.id as issue_id, {{ jira_person('creators.creator') }} as creator_id
  from {{ jira_inline('jira_stg_issue_creators') }} as creators
  {%- if since %}
  where {{ jira_one_of('creators.id', jira_noted(this)) }}
  {%- endif %}
),

fields as (
  select * from {{ jira_inline('jira_field_kinds') }} as field_kinds
),

held as (
  select
    held.issue_id,
    held.field_id,
    held.kind,
    case
      when held.kind = 'link' then {{ jira_array(
        'case held.value_texts[1] when issues.epic_key then issues.epic_id'
        ~ ' when issues.parent_link_key then issues.parent_link_id end'
      ) }}
      else held.value_ids
    end as value_ids,
    held.value_texts
  from {{ jira_inline('jira_current_values') }} as held
  inner join issues on held.issue_id = issues.issue_id
  {%- if since %}
  where {{ jira_one_of('held.issue_id', jira_noted(this)) }}
  {%- endif %}
),

items as (
  select
    items.issue_id,
    coalesce(items.field_id, '?' || items.field_name) as field_id,
    items.field_name,
    coalesce(fields.kind, 'unknown') as kind,
    coalesce(fields.is_known, false) as is_known,
    items.created,
    items.changelog_id,
    items.position,
    items.author_id,
    items.from_id,
    items.from_text,
    items.to_id,
    items.to_text,
    row_number() over (
      partition by items.issue_id, coalesce(items.field_id, '?' || items.field_name)
      order by items.created, length(items.changelog_id), items.changelog_id, items.position
    ) as step,
    count(*) over (
      partition by items.issue_id, coalesce(items.field_id, '?' || items.field_name)
    ) as steps
  from {{ ref('jira_changelog_items') }} as items
  inner join issues on items.issue_id = issues.issue_id
  left join fields on items.field_id = fields.field_id
  where coalesce(fields.kind, 'unknown') <> 'none'
    -- A custom field may be called so, too.
    and (items.field_type is not distinct from 'custom' or items.field_name not in (
      'Link', 'RemoteIssueLink', 'RemoteWorkItemLink', 'Attachment', 'Comment', 'WorklogId', 'Workflow',
      'Epic Child'
    ))
    and (items.field_id is not null or items.field_name <> 'Rank')
),

{# --- Values that each change tells whole ---------------------------------------------------- #}

sides as (
  select
    issue_id, field_id, field_name, kind, is_known, 0 as step, steps, created as changed_at,
    cast(null as {{ jira_type('text') }}) as author_id,
    cast(null as {{ jira_type('text') }}) as changelog_id,
    from_id as told_id,
    from_text as told_text
  from items
  where step = 1 and kind <> 'members'
  union all
  select
    issue_id, field_id, field_name, kind, is_known, step, steps, created, author_id, changelog_id,
    to_id, to_text
  from items
  where kind <> 'members'
),

told as (
  select
    sides.*,
    {{ jira_told_ids('kind', 'told_id', 'told_text') }} as ids,
    {{ jira_told_texts('kind', 'told_id', 'told_text') }} as texts
  from sides
),

-- Texts of a list are joined by commas, and may have some: where there are more pieces than ids, they
-- are names of the ids that this issue knows from elsewhere, or are not known.
torn as (
  select * from told
  where ids is not null and {{ jira_count('ids') }} <> {{ jira_count('texts') }}
),

names as (
  select
    torn.issue_id,
    torn.field_id,
    pair.id,
    coalesce(min(pair.text) filter (where known.is_held), min(pair.text)) as text
  from (
    select issue_id, field_id, value_ids as ids, value_texts as texts, true as is_held from held
    where kind in {{ jira_list_kinds() }}
    union all
    select issue_id, field_id, ids, texts, false from told
    where kind in {{ jira_list_kinds() }} and {{ jira_count('ids') }} = 1 and {{ jira_count('texts') }} = 1
  ) as known
  inner join (select distinct issue_id, field_id from torn) as torn
    on known.issue_id = torn.issue_id and known.field_id = torn.field_id
  {{ jira_pairs('known.ids', 'known.texts', 'pair') }}
  where pair.id is not null
  group by torn.issue_id, torn.field_id, pair.id
),

mended as (
  select torn.issue_id, torn.field_id, torn.step, {{ jira_texts('names.text', 'pair.position') }} as texts
  from torn
  {{ jira_pairs('torn.ids', 'torn.ids', 'pair') }}
  left join names
    on torn.issue_id = names.issue_id and torn.field_id = names.field_id and pair.id = names.id
  group by torn.issue_id, torn.field_id, torn.step
),

valued as (
  select
    told.issue_id,
    told.field_id,
    told.field_name,
    told.kind,
    told.is_known,
    told.step,
    told.steps,
    told.changed_at,
    told.author_id,
    told.changelog_id,
    told.told_text,
    coalesce(told.ids, {{ jira_nulls('told.texts') }}) as ids,
    coalesce(mended.texts, told.texts) as texts
  from told
  left join mended
    on told.issue_id = mended.issue_id and told.field_id = mended.field_id and told.step = mended.step
),

-- The last one beside what is there now. What cannot be compared counts as the same.
compared as (
  select
    valued.*,
    held.value_ids as held_ids,
    held.value_texts as held_texts,
    case
      when valued.step < valued.steps or not valued.is_known then true
      when held.issue_id is null or {{ jira_count('valued.ids') }} = 0
        then held.issue_id is null and {{ jira_count('valued.ids') }} = 0
      when valued.kind = 'rich' then true
      when valued.kind = 'date' then
        valued.texts[1] = held.value_texts[1] or {{ jira_day('valued.texts[1]') }} is null
      when valued.kind = 'datetime' then
        valued.texts[1] = held.value_texts[1] or {{ jira_day('valued.texts[1]') }} is null
      when {{ jira_complete('valued.ids') }} and {{ jira_complete('held.value_ids') }}
        then {{ jira_same('valued.ids', 'held.value_ids') }}
      when {{ jira_complete('valued.ids') }} then true
      else {{ jira_complete('valued.texts') }} and {{ jira_same('valued.texts', 'held.value_texts') }}
    end as is_same
  from valued
  left join held
    on valued.step = valued.steps
    and valued.issue_id = held.issue_id and valued.field_id = held.field_id
),

whole as (
  select
    issue_id, field_id, field_name, step, changed_at, author_id, changelog_id, told_text,
    case when is_last_as_held then held_ids else ids end as ids,
    case when is_last_as_held then held_texts else texts end as texts
  from (
    select
      *,
      is_same and held_ids is not null and not ({{ jira_complete('ids') }} and {{ jira_complete('texts') }})
        as is_last_as_held
    from compared
  ) as compared
  union all
  select
    compared.issue_id, compared.field_id, compared.field_name, compared.step + 1,
    greatest(compared.changed_at, issues.updated),
    null, null, null,
    coalesce(compared.held_ids, {{ jira_no_texts() }}),
    coalesce(compared.held_texts, {{ jira_no_texts() }})
  from compared
  inner join issues on compared.issue_id = issues.issue_id
  where not compared.is_same
),

{# --- Lists whose members come and go -------------------------------------------------------- #}

member_held as (
  select held.issue_id, held.field_id, pair.id, pair.text
  from held
  {{ jira_pairs('held.value_ids', 'held.value_texts', 'pair') }}
  where held.kind = 'members'
),

member_items as (
  select issue_id, field_id, step, created as changed_at, from_id as id, from_text as text, false as is_in
  from items
  where kind = 'members' and (from_id is not null or from_text is not null)
  union all
  select issue_id, field_id, step, created, to_id, to_text, true
  from items
  where kind = 'members' and (to_id is not null or to_text is not null)
),

-- A member without an id is the one of that name.
member_names as (
  select issue_id, field_id, text, min(id) as id
  from (
    select issue_id, field_id, text, id from member_items where id is not null
    union all
    select issue_id, field_id, text, id from member_held
  ) as known
  group by issue_id, field_id, text
),

member_steps as (
  select
    items.issue_id,
    items.field_id,
    coalesce(items.id, names.id) as id,
    items.text,
    items.changed_at,
    items.is_in,
    row_number() over (member order by items.step, items.is_in) as step,
    count(*) over (member) as steps
  from member_items as items
  left join member_names as names
    on items.id is null
    and items.issue_id = names.issue_id and items.field_id = names.field_id and items.text = names.text
  window member as (
    partition by items.issue_id, items.field_id, coalesce(items.id, names.id, '?' || items.text)
  )
),

members_changed as (
  select issue_id, field_id, min(created) as first_at, max(created) as last_at,
    max(field_name) as field_name, bool_or(is_known) as is_known
  from items
  where kind = 'members'
  group by issue_id, field_id
),

member_states as (
  select issue_id, field_id, id, text, changed_at, step, is_in from member_steps
  union all
  -- At creation: what went first was there.
  select steps.issue_id, steps.field_id, steps.id, steps.text, least(issues.created, changed.first_at), 0, true
  from member_steps as steps
  inner join issues on steps.issue_id = issues.issue_id
  inner join members_changed as changed
    on steps.issue_id = changed.issue_id and steps.field_id = changed.field_id
  where steps.step = 1 and not steps.is_in
  union all
  -- What nobody told of: there since creation, or since the last update.
  select held.issue_id, held.field_id, held.id, held.text,
    case
      when last.issue_id is null then least(issues.created, changed.first_at)
      else greatest(issues.updated, changed.last_at)
    end,
    coalesce(last.step, 0) + 1, true
  from member_held as held
  inner join issues on held.issue_id = issues.issue_id
  inner join members_changed as changed
    on held.issue_id = changed.issue_id and held.field_id = changed.field_id
  left join member_steps as last
    on last.step = last.steps
    and held.issue_id = last.issue_id and held.field_id = last.field_id and held.id = last.id
  where last.issue_id is null or not last.is_in
  union all
  select last.issue_id, last.field_id, last.id, last.text, greatest(issues.updated, changed.last_at),
    last.step + 1, false
  from member_steps as last
  inner join issues on last.issue_id = issues.issue_id
  inner join members_changed as changed
    on last.issue_id = changed.issue_id and last.field_id = changed.field_id and changed.is_known
  left join member_held as held
    on last.issue_id = held.issue_id and last.field_id = held.field_id and last.id = held.id
  where last.step = last.steps and last.is_in and held.issue_id is null
),

member_periods as (
  select
    issue_id, field_id, id, text, changed_at, is_in,
    lead(changed_at) over (
      partition by issue_id, field_id, coalesce(id, '?' || text) order by changed_at, step
    ) as until
  from member_states
),

member_instants as (
  select issue_id, field_id, changed_at, max(step) as step
  from (
    select issue_id, field_id, created as changed_at, step from items where kind = 'members'
    union all
    select issue_id, field_id, changed_at, 0 from member_states
    union all
    select changed.issue_id, changed.field_id, least(issues.created, changed.first_at), 0
    from members_changed as changed
    inner join issues on changed.issue_id = issues.issue_id
  ) as instants
  group by issue_id, field_id, changed_at
),

members as (
  select
    instants.issue_id, instants.field_id, changed.field_name, instants.step, instants.changed_at,
    items.author_id, items.changelog_id,
    cast(null as {{ jira_type('text') }}) as told_text,
    coalesce({{ jira_texts('periods.id', 'length(periods.id), periods.id, periods.text') }} filter (where periods.issue_id is not null), {{ jira_no_texts() }}) as ids,
    coalesce({{ jira_texts('periods.text', 'length(periods.id), periods.id, periods.text') }} filter (where periods.issue_id is not null), {{ jira_no_texts() }}) as texts
  from member_instants as instants
  inner join members_changed as changed
    on instants.issue_id = changed.issue_id and instants.field_id = changed.field_id
  left join items
    on instants.step = items.step
    and instants.issue_id = items.issue_id and instants.field_id = items.field_id
  left join member_periods as periods
    on periods.is_in
    and instants.issue_id = periods.issue_id and instants.field_id = periods.field_id
    and periods.changed_at <= instants.changed_at and (periods.until > instants.changed_at or periods.until is null)
  group by instants.issue_id, instants.field_id, changed.field_name, instants.step, instants.changed_at,
    items.author_id, items.changelog_id
),

{# --- All of them ---------------------------------------------------------------------------- #}

steps as (
  select * from whole
  union all
  select * from members
),

periods as (
  select
    steps.*,
    case when steps.step = 0 then least(issues.created, steps.changed_at) else steps.changed_at end as valid_from,
    lead(steps.changed_at) over (
      partition by steps.issue_id, steps.field_id order by steps.changed_at, steps.step
    ) as valid_to
  from steps
  inner join issues on steps.issue_id = issues.issue_id
),

changed as (
  select distinct issue_id, field_id from items
),

-- A change that may have been of several fields: each of them holds what it does since then.
unsure as (
  select items.issue_id, fields.field_id, max(items.created) as since
  from items
  inner join fields on items.field_id = '?' || fields.field_name
  group by items.issue_id, fields.field_id
),

everything as (
  select
    issue_id, field_id, field_name, valid_from, valid_to, ids, texts, told_text, author_id,
    changelog_id, step = 0 as is_initial
  from periods
  where valid_to is null or valid_to > valid_from
  union all
  select
    held.issue_id, held.field_id, null, coalesce(unsure.since, issues.created), null, held.value_ids,
    held.value_texts, null, null, null, unsure.since is null
  from held
  inner join issues on held.issue_id = issues.issue_id
  left join changed on held.issue_id = changed.issue_id and held.field_id = changed.field_id
  left join unsure on held.issue_id = unsure.issue_id and held.field_id = unsure.field_id
  where changed.issue_id is null
  union all
  -- One row of each issue, whatever else is known of it.
  select
    issue_id, 'created', 'Created', created, null, {{ jira_array('null') }},
    {{ jira_array(jira_printed('created')) }}, null, null, null, true
  from issues
)

select
  everything.issue_id,
  everything.field_id,
  coalesce(fields.field_name, everything.field_name) as field_name,
  everything.valid_from,
  everything.valid_to,
  case when {{ jira_complete('everything.ids') }} then nullif(array_to_string(everything.ids, ', '), '') end
    as value_id,
  nullif(
    case
      when {{ jira_complete('everything.texts') }} then array_to_string(everything.texts, ', ')
      else everything.told_text
    end, ''
  ) as value_text,
  everything.ids as value_ids,
  everything.texts as value_texts,
  case when everything.is_initial then creators.creator_id else everything.author_id end as author_id,
  everything.changelog_id,
  everything.is_initial
from everything
inner join issues on everything.issue_id = issues.issue_id
left join creators on everything.issue_id = creators.issue_id
left join fields on everything.field_id = fields.field_id
