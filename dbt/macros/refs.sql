{#- What these models read of each other. They are built by what has changed since they were built last, so
    a build of no rows (`--empty`) would leave out for good what it passed over: it builds them as they are. -#}
{% macro ref() %}
  {%- set relation = builtins.ref(*varargs, **kwargs) -%}
  {{ return(relation.replace(limit=none) if flags.EMPTY else relation) }}
{% endmacro %}
