{#- Working time between two moments, without a row for each day between them: `jira_working_days` knows
    of each day how much working time was before it, so that it is one subtraction of two sums. -#}

{#- The variable `working_hours`, with what it does not say as it is by default; checked. -#}
{% macro jira_working_hours() %}
  {%- set hours = {'start': '09:00', 'end': '17:00', 'time_zone': 'UTC', 'days': [1, 2, 3, 4, 5]} -%}
  {%- for name in var('working_hours') or {} if name not in hours -%}
    {%- do exceptions.raise_compiler_error(
      'working_hours has no "' ~ name ~ '": it has ' ~ hours.keys() | join(', ') ~ '.'
    ) -%}
  {%- endfor -%}
  {%- do hours.update(var('working_hours') or {}) -%}
  {%- for name in ['start', 'end'] -%}
    {%- if not modules.re.match('^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$', hours[name] | string) -%}
      {%- do exceptions.raise_compiler_error(
        'working_hours.' ~ name ~ ' is "' ~ hours[name] ~ '": write it as HH:MM, in quotes, such as "09:00".'
      ) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if hours['end'] <= hours['start'] -%}
    {%- do exceptions.raise_compiler_error(
      'working_hours.end (' ~ hours['end'] ~ ') is not after working_hours.start (' ~ hours['start']
      ~ '): both are of one day; "24:00" is its end.'
    ) -%}
  {%- endif -%}
  {#- Databases take more, such as "UTC+2", which is two hours behind there. -#}
  {%- if hours['time_zone'] not in modules.pytz.all_timezones -%}
    {%- do exceptions.raise_compiler_error(
      'working_hours.time_zone is "' ~ hours['time_zone'] ~ '": write the name of a zone, such as'
      ~ ' Europe/Berlin.'
    ) -%}
  {%- endif -%}
  {%- for day in hours['days'] -%}
    {%- if day not in [1, 2, 3, 4, 5, 6, 7] -%}
      {%- do exceptions.raise_compiler_error(
        'working_hours.days has "' ~ day ~ '": write numbers from 1 (Monday) to 7 (Sunday).'
      ) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(hours) }}
{% endmacro %}


{#- The day of a moment (a timestamp in UTC) in the time zone of the working hours. -#}
{% macro jira_local_day(moment) -%}
  {%- set zone = tap_jira.jira_working_hours()['time_zone'] | replace("'", "''") -%}
  cast(({{ moment }} at time zone 'UTC') at time zone '{{ zone }}' as date)
{%- endmacro %}


{#- The moment, in UTC, at which it is this time (HH:MM) on a day in the time zone of the working hours. -#}
{% macro jira_local_time(day, time) -%}
  {%- set zone = tap_jira.jira_working_hours()['time_zone'] | replace("'", "''") -%}
  {%- set hour, minute = time.split(':') -%}
  (
    (cast({{ day }} as timestamp) + interval '{{ hour }} hours' + interval '{{ minute }} minutes')
    at time zone '{{ zone }}'
  ) at time zone 'UTC'
{%- endmacro %}


{#- Seconds of working time before a moment; `day` is the alias of its row of `jira_working_days`. -#}
{% macro jira_working_before(day, moment) -%}
  ({{ day }}.seconds_before + coalesce(
    least(greatest({{ tap_jira.jira_seconds(day ~ '.opens', moment) }}, 0), {{ day }}.seconds), 0
  ))
{%- endmacro %}
