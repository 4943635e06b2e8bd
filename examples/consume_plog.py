#!/usr/bin/env python3
"""PANDelephant's consume_plog(), twice.

usage: consume_plog.py [--in-server] PANDALOG DB_URL EXEC_NAME

By pe, which decodes the log itself and makes PANDelephant's own tables, in any
PostgreSQL or a SQLite file. Or by a server that has the extension and reads the
log, which makes native tables and views of them that PANDelephant's classes read.
"""
import os
import subprocess
import sys

import psycopg2


def consume_plog(pandalog, db_url, exec_name):
    """Into PANDelephant's own tables, generation 1."""
    command = ['pe', 'ingest', '--orm', '1', '--name', exec_name]
    command += ['--', pandalog, db_url]
    subprocess.run(command, check=True)


def consume_plog_in_server(pandalog, db_url, exec_name):
    """Into native tables, with views of generation 1 in schema public."""
    with psycopg2.connect(db_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pe_attach(%s, 'loading', %s)", (os.path.abspath(pandalog), exec_name))
        cursor.execute("SELECT pe_materialize('loading'); SELECT pe_orm_views('pandelephant', 'public', 1); DROP SCHEMA loading CASCADE")


if __name__ == '__main__':
    in_server = sys.argv[1:2] == ['--in-server']
    operands = sys.argv[2:] if in_server else sys.argv[1:]
    if len(operands) != 3:
        sys.exit(__doc__)
    elif in_server:
        consume_plog_in_server(*operands)
    else:
        consume_plog(*operands)
