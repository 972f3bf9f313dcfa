#!/usr/bin/env bash
# Runs once, when the Postgres image creates its data folder: makes Baton's two roles and its database.
#
#   baton_owner     owns the schema and migrates it; never given to the running service
#   baton_service   what `baton serve` uses; gets its rights table by table from the migrations (audit: insert and
#                   select only)
#
# The passwords come from BATON_OWNER_PASSWORD and BATON_SERVICE_PASSWORD.
set -euo pipefail

psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set=owner_password="$BATON_OWNER_PASSWORD" --set=service_password="$BATON_SERVICE_PASSWORD" <<'SQL'
CREATE ROLE baton_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE baton_service LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'service_password';
CREATE DATABASE baton OWNER baton_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE baton FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE baton TO baton_service;
\connect baton
ALTER SCHEMA public OWNER TO baton_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO baton_service;
SQL
