# SPDX-License-Identifier: GPL-3.0-or-later
"""The few SECURITY DEFINER functions of schema tr_api: signing in and out, the token check, and the audit's seal.

All names in them are qualified, the search path is pinned, and the caller is session_user: current_user is the owner
inside. EXECUTE is taken from PUBLIC in the transaction that creates them.
"""

from __future__ import annotations

from models.base import API_SCHEMA, SCHEMA
from models.store.address import SiteAddress

TOKEN_LIMIT = "12 hours"
SEAL_START = "three rings"  # what the first link of the chain hangs on
SEAL_ROWS = 5000  # in one go, so that one seal stays short
_DEFINER = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp"

# A JSON array has no ambiguous borders between its members, as text joined by a separator would.
CHAIN_LINK = (
    "sha256({prev} || convert_to(jsonb_build_array({n}, {row}.id, extract(epoch FROM {row}.at)::text, {row}.actor, "
    "{row}.what, {row}.detail)::text, 'UTF8'))"
)


def functions(address: SiteAddress) -> list[str]:
    """The statements that create or replace them for one site."""
    everybody, service = f'"{address.everybody}"', f'"{address.service}"'
    return [
        # The row type of a changed function cannot be replaced, only made anew.
        *(f"DROP FUNCTION IF EXISTS {API_SCHEMA}.{each}" for each in _SIGNATURES),
        _SIGN_IN,
        _SIGN_OUT,
        _CHECK_TOKEN.format(
            prefix=f"tr_{address.site}_", cut=len(f"tr_{address.site}_") + 1, everybody=address.everybody
        ),
        _SEAL,
        *(f"REVOKE ALL ON FUNCTION {API_SCHEMA}.{each} FROM PUBLIC" for each in _SIGNATURES),
        f"GRANT EXECUTE ON FUNCTION {API_SCHEMA}.sign_in(interval), {API_SCHEMA}.sign_out(text) TO {everybody}",
        f"GRANT EXECUTE ON FUNCTION {API_SCHEMA}.check_token(text), {API_SCHEMA}.seal() TO {service}",
    ]


_SIGNATURES = ("sign_in(interval)", "sign_out(text)", "check_token(text)", "seal()")

# 64 hex digits of two random UUIDs: 244 random bits. The clear token is answered once and kept nowhere.
_SIGN_IN = f"""
CREATE FUNCTION {API_SCHEMA}.sign_in(p_ttl interval) RETURNS TABLE(token text, expires timestamptz)
LANGUAGE plpgsql {_DEFINER} AS $$
DECLARE
  raw text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
  me text;
BEGIN
  SELECT p.person INTO me FROM {SCHEMA}.person p WHERE p.login = session_user AND p.active;
  IF me IS NULL THEN RAISE EXCEPTION 'no such active person' USING ERRCODE = '28000'; END IF;
  DELETE FROM {SCHEMA}.session_token t WHERE t.person = me AND t.expires < now() - interval '1 day';
  RETURN QUERY INSERT INTO {SCHEMA}.session_token AS t (hash, person, expires)
    VALUES (sha256(raw::bytea), me, now() + least(greatest(p_ttl, interval '0'), interval '{TOKEN_LIMIT}'))
    RETURNING raw, t.expires;
END $$"""

_SIGN_OUT = f"""
CREATE FUNCTION {API_SCHEMA}.sign_out(p_token text) RETURNS boolean LANGUAGE sql {_DEFINER} AS $$
  WITH ended AS (
    UPDATE {SCHEMA}.session_token t SET revoked = now() FROM {SCHEMA}.person p
    WHERE t.person = p.person AND p.login = session_user AND t.hash = sha256(p_token::bytea) AND t.revoked IS NULL
    RETURNING 1)
  SELECT EXISTS (SELECT FROM ended) $$"""

# Groups are read from PostgreSQL's own memberships at every check, so a change counts at once.
_CHECK_TOKEN = f"""
CREATE FUNCTION {API_SCHEMA}.check_token(p_token text)
RETURNS TABLE(person text, name text, groups text[], skills text[], extension text, team text, expires timestamptz)
LANGUAGE sql STABLE {_DEFINER} AS $$
  SELECT p.person, p.name,
    ARRAY(SELECT substr(g.rolname::text, {{cut}}) FROM pg_auth_members m
      JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
      WHERE u.rolname = p.login AND starts_with(g.rolname::text, '{{prefix}}') AND g.rolname <> '{{everybody}}'
      ORDER BY 1),
    p.skills, p.extension, p.team, t.expires
  FROM {SCHEMA}.session_token t JOIN {SCHEMA}.person p ON p.person = t.person
  WHERE t.hash = sha256(p_token::bytea) AND t.revoked IS NULL AND t.expires > now() AND p.active $$"""

_LINK = CHAIN_LINK.format(prev="h", n="k", row="r")
_SEAL = f"""
CREATE FUNCTION {API_SCHEMA}.seal() RETURNS integer LANGUAGE plpgsql {_DEFINER} AS $$
DECLARE r record; h bytea; nh bytea; k bigint; c integer := 0;
BEGIN
  LOCK TABLE {SCHEMA}.seal IN SHARE ROW EXCLUSIVE MODE;
  SELECT s.n, s.hash INTO k, h FROM {SCHEMA}.seal s ORDER BY s.n DESC LIMIT 1;
  IF k IS NULL THEN k := 0; h := sha256('{SEAL_START}'); END IF;
  FOR r IN SELECT a.* FROM {SCHEMA}.audit_open o JOIN {SCHEMA}.audit a ON a.id = o.id ORDER BY a.id LIMIT {SEAL_ROWS}
  LOOP
    k := k + 1; c := c + 1; nh := {_LINK};
    INSERT INTO {SCHEMA}.seal (n, id, prev, hash) VALUES (k, r.id, h, nh);
    DELETE FROM {SCHEMA}.audit_open o WHERE o.id = r.id;
    h := nh;
  END LOOP;
  RETURN c;
END $$"""
