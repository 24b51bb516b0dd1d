"""What rich text is sent as: Jira's own form, wiki markup, or Markdown.

Cloud has Atlassian Documents, or wiki markup if it is asked in version 2 of its API; Data Center
has wiki markup.
"""

from __future__ import annotations

import dataclasses
import typing as t

from tap_jira.records import schema
from tap_jira.records.markdown import to_markdown

if t.TYPE_CHECKING:
    from tap_jira.records.schema import Column, Convert, Schema


@dataclasses.dataclass(frozen=True)
class RichText:
    """The type of rich text's columns, and what makes their values."""

    schema: Schema
    prepare: Convert = None

    @classmethod
    def of(cls, setting: str, *, is_cloud: bool) -> RichText:
        """What the setting `rich_text` asks for."""
        if not is_cloud or setting == "markup":
            return cls(schema.TEXT)
        return cls(schema.TEXT, to_markdown) if setting == "markdown" else cls(schema.DOCUMENT)

    def column(self, name: str) -> Column:
        """A column of it."""
        return schema.column(name, self.schema, prepare=self.prepare)
