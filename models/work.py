# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of the work itself: tasks and their attempts, and what the house decides (policy, queues, settings).

Also knowledge articles and the keys of verbs already carried out. Instants are site-time seconds, prices cents.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from models.base import change_marks, metadata
from models.customers import customer
from models.routing import outbound_rule as outbound_rule
from models.tickets import draft

task = Table(
    "task",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="open"),
    Column("draft", BigInteger, ForeignKey(draft.c.id)),
    Column("contact", Text, nullable=False, server_default=""),
    Column("number", Text, nullable=False, server_default=""),  # E.164 to call back
    Column("customer", BigInteger, ForeignKey(customer.c.id)),
    Column("group_name", Text, nullable=False, server_default="engineer"),  # who may claim it
    Column("queue", Text, nullable=False, server_default=""),  # whose caller it was
    Column("language", Text, nullable=False, server_default=""),  # he wishes to be spoken to in, "" the house's
    Column("title", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("created", Double, nullable=False),
    Column("created_by", Text, nullable=False, server_default=""),
    Column("handover_due", Double, nullable=False),
    Column("claimed_by", Text, nullable=False, server_default=""),
    Column("claimed_at", Double),
    Column("callback_due", Double),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_due", Double),
    Column("last_result", Text, nullable=False, server_default=""),
    Column("warned_at", Double),  # the alarm before the deadline went out
    Column("escalated_at", Double),  # and the supervisor has it
    Column("done_at", Double),
    Column("done_result", Text, nullable=False, server_default=""),
    Column("version", Integer, nullable=False, server_default="1"),
)
Index("task_open", task.c.handover_due, postgresql_where=task.c.state != "done")
Index("task_claimed", task.c.claimed_by, task.c.state)
Index("task_draft", task.c.draft)
Index("task_contact", task.c.contact)

task_attempt = Table(
    "task_attempt",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("task", BigInteger, ForeignKey(task.c.id), nullable=False),
    Column("n", Integer, nullable=False),
    Column("at", Double, nullable=False),
    Column("who", Text, nullable=False),
    Column("result", Text, nullable=False),  # busy | no_answer | reached
    Column("contact", Text, nullable=False, server_default=""),
    UniqueConstraint("task", "n"),
)

policy = Table(
    "policy",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("product_line", Text, nullable=False, server_default="*"),
    Column("warranty", Text, nullable=False, server_default="*"),
    Column("level", Text, nullable=False, server_default="*"),
    Column("fault_class", Text, nullable=False, server_default="*"),
    Column("district", Text, nullable=False, server_default="*"),
    Column("mode", Text, nullable=False),
    Column("allowed", Boolean, nullable=False),
    Column("price", Integer, nullable=False, server_default="0"),
    Column("hours", Integer, nullable=False, server_default="0"),
    Column("say", Text, nullable=False, server_default=""),
    Column("why_not", Text, nullable=False, server_default=""),
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("product_line", "warranty", "level", "fault_class", "district", "mode"),
)

queue = Table(
    "queue",
    metadata,
    Column("id", Text, primary_key=True),
    Column("words_zh", Text, nullable=False),
    Column("words_en", Text, nullable=False),
    Column("skills", ARRAY(Text), nullable=False, server_default=sql("'{}'::text[]")),
    Column("levels", JSONB, nullable=False, server_default=sql("'{}'::jsonb")),  # skill: least proficiency, else 1
    Column("numbers", ARRAY(Text), nullable=False, server_default=sql("'{}'::text[]")),  # unless `dialled_number` says
    Column("strategy", Text, nullable=False, server_default="longest_idle"),
    Column("relax", JSONB, nullable=False, server_default=sql("'[]'::jsonb")),
    Column("members", ARRAY(Text), nullable=False, server_default=sql("'{}'::text[]")),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("level_scores", JSONB(none_as_null=True)),  # None: the house's
    Column("last_agent_first", Boolean, nullable=False, server_default=true()),
    Column("last_agent_s", Double, nullable=False, server_default="604800"),
    Column("max_wait_s", Double, nullable=False, server_default="0"),
    Column("max_waiting", Integer, nullable=False, server_default="0"),
    Column("overflow", JSONB(none_as_null=True)),
    Column("unserved", JSONB(none_as_null=True)),
    Column("calendar", Text, nullable=False, server_default=""),
    Column("closed", JSONB(none_as_null=True)),
    Column("emergency", Boolean, nullable=False, server_default=false()),
    Column("emergency_prompt", Text, nullable=False, server_default="closed_emergency"),
    Column("welcome", Text, nullable=False, server_default=""),
    Column("recording_notice", Boolean, nullable=False, server_default=false()),
    Column("position_every_s", Double, nullable=False, server_default="0"),
    Column("say_expected_wait", Boolean, nullable=False, server_default=true()),
    Column("callback", Text, nullable=False, server_default="agent_first"),
    Column("callback_attempts", Integer, nullable=False, server_default="3"),
    Column("callback_retry_s", Double, nullable=False, server_default="300"),
    Column("music", Text, nullable=False, server_default="music"),
    Column("record", Boolean, nullable=False, server_default=true()),
    Column("target_s", Integer, nullable=False, server_default="20"),
    Column("disposition_required", Boolean, nullable=False, server_default=true()),
    Column("active", Boolean, nullable=False, server_default=true()),
    *change_marks(),
)
"""The columns of `models.rules.plan.QueuePlan`. A queue taken away stays, not active: earlier contacts name it."""

article = Table(
    "article",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("product_line", Text, nullable=False, server_default="*"),
    Column("model", Text, nullable=False, server_default=""),
    Column("symptoms", ARRAY(Text), nullable=False, server_default=sql("'{}'::text[]")),
    Column("title", Text, nullable=False),
    Column("line", Text, nullable=False, server_default=""),
    Column("body", Text, nullable=False, server_default=""),
    Column("used", Integer, nullable=False, server_default="0"),
    Column("changed", Double, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)
Index("article_line", article.c.product_line)

setting = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", JSONB, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", Text, nullable=False, server_default=""),
    Column("version", Integer, nullable=False, server_default="1"),
)

verb_key = Table(
    "verb_key",
    metadata,
    Column("owner", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("args_hash", Text, nullable=False),
    Column("result", JSONB, nullable=False),
    Column("at", Double, nullable=False),
    PrimaryKeyConstraint("owner", "key"),
)
"""Verbs carried out, by the key their sender gave: the same key again gives the stored answer."""
Index("verb_key_at", verb_key.c.at)
