-- What make demo shows. psql variable "plog": the log's absolute file name.

CREATE EXTENSION pandelephant;

\echo
\echo '== Attach a log: a foreign table for each kind of thing in it, nothing is copied'
\echo
SELECT pe_attach(:'plog', schema => 'boot');

\echo '== Who started whom'
\echo
WITH RECURSIVE tree AS (
    SELECT p.process_id, p.pid, p.names, 0 AS depth, ARRAY[p.process_id] AS path
    FROM boot.processes p
    WHERE NOT EXISTS (SELECT FROM boot.processes q WHERE q.pid = p.ppid)
    UNION ALL
    SELECT p.process_id, p.pid, p.names, t.depth + 1, t.path || p.process_id
    FROM boot.processes p
    JOIN tree t ON p.ppid = t.pid
    WHERE p.process_id <> ALL (t.path)
)
SELECT repeat('    ', depth) || pid AS process, array_to_string(names, ', ') AS names
FROM tree
ORDER BY path;

\echo '== The ten most frequent system calls'
\echo
SELECT name, count(*) AS calls
FROM boot.syscalls
GROUP BY name
ORDER BY calls DESC, name
LIMIT 10;

\echo '== The files that ls opened'
\echo
SELECT s.execution_offset, a.value AS file, s.retval
FROM boot.processes p
JOIN boot.syscalls s USING (execution_id, process_id)
JOIN boot.syscall_arguments a USING (execution_id, syscall_id)
WHERE 'ls' = ANY (p.names) AND s.name = 'sys_openat' AND a.name = 'filename'
ORDER BY s.syscall_id;

\echo '== Keep it: the same relations as native tables'
\echo
SELECT * FROM pe_materialize('boot');

\echo '== The processes that made most system calls, from the native tables'
\echo
SELECT e.name AS execution, p.pid, array_to_string(p.names[1:2], ', ') AS names,
    count(*) AS calls, count(*) FILTER (WHERE s.retval BETWEEN -4095 AND -1) AS failed
FROM pandelephant.syscalls s
JOIN pandelephant.processes p USING (execution_id, process_id)
JOIN pandelephant.executions e USING (execution_id)
GROUP BY e.name, p.process_id, p.pid, p.names
ORDER BY calls DESC, p.process_id
LIMIT 5;
