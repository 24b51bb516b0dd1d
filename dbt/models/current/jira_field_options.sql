{#- Options of select fields; the same value in two contexts of a field is two options. One row is an
    option. -#}
select id, field_id, context_id, value, parent_option_id, coalesce(disabled, false) as is_disabled
from {{ jira_inline('jira_stg_field_options') }} as field_options
