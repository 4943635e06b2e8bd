-- System calls as strace prints them.
-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set w1libs :abs_srcdir '/plogs/real/w1libs.plog'
\set w1struct :abs_srcdir '/plogs/real/w1struct.plog'
\set sep2020 :abs_srcdir '/plogs/real/w1_sep2020form.plog'
\set all_kinds :abs_srcdir '/plogs/made/all_kinds.plog'
\set bad_utf8 :abs_srcdir '/plogs/edges/bad_utf8.plog'
\set nul_in_str :abs_srcdir '/plogs/edges/nul_in_str.plog'
\set arg_none :abs_srcdir '/plogs/edges/arg_None.plog'
\pset format unaligned
\pset tuples_only on

-- a call with arguments [name, type, value], returned to the kernel's pc
CREATE FUNCTION call(name text, retval bigint, arguments jsonb DEFAULT '[]', pc bigint DEFAULT -1)
RETURNS text LANGUAGE sql AS $$
	SELECT pe_strace(name, retval, pc, array_agg(a->>0 ORDER BY i), array_agg(a->>1 ORDER BY i),
					 array_agg(a->>2 ORDER BY i))
	FROM jsonb_array_elements(arguments) WITH ORDINALITY AS e (a, i)
$$;

SELECT call('sys_openat', 3, '[["dfd", "SIGNED_32", "-100"], ["filename", "STRING", "/etc/passwd"],
	["flags", "SIGNED_32", "524288"], ["mode", "UNSIGNED_32", "0"]]');

-- no arguments, no name, another prefix
SELECT call('sys_getpid', 76);
SELECT pe_strace('sys_getpid', 76, NULL, NULL, NULL, NULL);
SELECT pe_strace('sys_getpid', 76, NULL, '{}', '{}', '{}');
SELECT call(NULL, 0);
SELECT call('sys_', 0);
SELECT call('NtClose', 0);

-- every type
SELECT call('sys_x', 0, '[["a", "STRING", "text"], ["b", "POINTER", "0x7ffd12345678"], ["c", "POINTER", "0x0"],
	["d", "UNSIGNED_64", "18446744073709551615"], ["e", "UNSIGNED_32", "4294967295"],
	["f", "UNSIGNED_16", "65535"], ["g", "SIGNED_64", "-9223372036854775808"],
	["h", "SIGNED_32", "-1"], ["i", "SIGNED_16", "-1"]]');
SELECT call('sys_x', 0, '[["j", "FLOAT", "1.5"], ["k", "DOUBLE", "1e-07"], ["l", "DOUBLE", "-Infinity"],
	["m", "BOOL", "true"], ["n", "BYTES", "\\x00"], ["o", "STRUCT", "{\"a\": 1}"],
	["p", "STRUCT", null], ["q", null, null], ["r", "UNSIGNED_64", null]]');

-- strings: what strace 6.1 prints for the same bytes
SELECT call('sys_write', 10, '[["buf", "BYTES", "\\x013801370061ff1b0c0b"]]');
SELECT call('sys_mkdir', 0, '[["pathname", "BYTES", "\\x2f746d702fe9c3a9223c3e5c"]]');
SELECT call('sys_x', 0, '[["a", "BYTES", "\\x"], ["b", "BYTES", "\\x090a0b0c0d070822275c7f80"], ["c", "STRING", ""]]');
SELECT call('sys_x', 0, '[["a", "STRING", "\t\n\u000b\f\r\u0007\b\u001b\"''\\<>~"], ["b", "STRING", "\u00011\u00018"]]');
SELECT call('sys_x', 0, '[["escaped by the rules of text, or the guest''s own", "STRING", "\\xff\\x00"]]');
SELECT length(pe_strace('sys_x', 0, 1, '{a}', '{STRING}', ARRAY[repeat('0123456789', 1000000)]));
SELECT length(pe_strace('sys_x', 0, 1, '{a}', '{BYTES}', ARRAY['\x' || repeat('00', 1000000)]));

-- structs
SELECT call('sys_select', 0, '[["tvp", "STRUCT", "{\"tv_sec\": 0, \"tv_usec\": 0}"]]');
SELECT call('sys_x', 0, '[["a", "STRUCT", "[1, 2, 3]"], ["b", "STRUCT", "[]"], ["c", "STRUCT", "{}"], ["d", "STRUCT", "[[], {}]"]]');
SELECT call('sys_x', 0, '[["order and repetition", "STRUCT",
	"{\"z\": 1, \"a\": [1, \"two\", null], \"nested\": {\"z\": {\"y\": {}}, \"b\": true}, \"n\": null}"]]');
SELECT call('sys_x', 0, '[["exact", "STRUCT", "[18446744073709551615, -9223372036854775808, 1e+20, 1.0, 0.1, \"NaN\"]"]]');
SELECT call('sys_x', 0, '[["strings", "STRUCT", "{\"s\": \"a\\\"b\\\\c\\n\\u00018\\u001b\", \"{\": \"{\", \"[\": \"[\", \"\": \"unnamed\"}"]]');
SELECT length(call('sys_x', 0, jsonb_build_array(jsonb_build_array('deep', 'STRUCT', repeat('[', 1000) || repeat(']', 1000)))));

-- numbers by the argument's name
SELECT call('sys_x', 0, '[["fd", "UNSIGNED_32", "4294967295"], ["dfd", "UNSIGNED_32", "4294967196"],
	["fd", "UNSIGNED_64", "18446744073709551615"], ["fd", "UNSIGNED_16", "3"], ["epfd", "SIGNED_32", "-1"]]');
SELECT call('sys_x', 0, '[["flags", "SIGNED_32", "-1"], ["flags", "SIGNED_64", "-1"], ["flags", "SIGNED_16", "-2"],
	["flags", "UNSIGNED_64", "9223372036854775808"], ["flags", "UNSIGNED_16", "0"], ["shmflg", "SIGNED_32", "512"],
	["flag", "SIGNED_32", "256"], ["flags", "STRING", "rw"], ["flags", "POINTER", "0x10"]]');
SELECT call('sys_x', 0, '[["mode", "UNSIGNED_32", "420"], ["mode", "UNSIGNED_16", "384"], ["mode", "UNSIGNED_32", "0"],
	["mode", "SIGNED_32", "4"], ["mode", "SIGNED_32", "0"]]');
SELECT call('sys_umask', 18, '[["mask", "SIGNED_32", "18"]]');
SELECT call('sys_lseek', 19, '[["fd", "UNSIGNED_32", "3"], ["offset", "UNSIGNED_64", "18446744073709551611"], ["whence", "UNSIGNED_32", "2"]]');
SELECT call('sys_munmap', 0, '[["addr", "UNSIGNED_64", "140336780615680"], ["len", "UNSIGNED_32", "4096"]]');
SELECT call('sys_ioctl', -25, '[["fd", "UNSIGNED_32", "0"], ["cmd", "UNSIGNED_32", "21505"], ["arg", "UNSIGNED_64", "0"]]');
-- and where the log has no name, by the call's
SELECT call('sys_mmap', 140633536401408, '[["arg0", "UNSIGNED_64", "0"], ["arg1", "UNSIGNED_64", "8192"], ["arg2", "UNSIGNED_64", "3"],
	["arg3", "UNSIGNED_64", "34"], ["arg4", "UNSIGNED_64", "4294967295"], ["arg5", "UNSIGNED_64", "8192"], ["arg6", "UNSIGNED_64", "8192"]]');
SELECT call('sys_openat', 3, '[[null, "SIGNED_32", "-100"], [null, "STRING", "/etc/passwd"],
	[null, "SIGNED_32", "524288"], [null, "UNSIGNED_32", "420"]]');
SELECT call('sys_prctl', 0, '[["option", "SIGNED_32", "15"], ["arg2", "UNSIGNED_64", "65280"]]');
SELECT call('sys_x', 0, '[["arg0", "UNSIGNED_64", "16"]]');
-- what a table of ours never holds stays as it is
SELECT call('sys_x', 0, '[["flags", "UNSIGNED_32", "many"], ["flags", "UNSIGNED_32", ""], ["flags", "UNSIGNED_32", "-"], ["flags", "UNSIGNED_32", "123456789012345678901"]]');

-- results
SELECT call('sys_x', r) FROM unnest(ARRAY[0, 1, 140633536401408, -1, -2, -41, -133, -134, -512, -513, -514, -515, -516, -524, -600, -4095,
	-4096, -9223372036854775808, NULL]) r;
SELECT count(DISTINCT substring(c FROM '-1 (E[A-Z0-9]+) \(')), count(*) FILTER (WHERE c LIKE '%Unknown%'), count(*) FILTER (WHERE c LIKE '%(errno%')
FROM (SELECT call('sys_x', -n) c FROM generate_series(1, 4095) n) s;
SELECT call(n, r) FROM unnest(ARRAY['sys_mmap', 'sys_brk', 'sys_mremap']) n, unnest(ARRAY[139264, 0, -12, -4096]) r;
-- logged on entry: the program's pc, and nothing returned
SELECT n, call(n, 0, pc => 4096), call(n, 0, pc => 0), call(n, 0), call(n, 0, pc => NULL), call(n, -4, pc => 4096), call(n, 1, pc => 4096)
FROM unnest(ARRAY['sys_exit', 'sys_exit_group', 'sys_execve', 'sys_execveat', 'sys_nanosleep', 'sys_clock_nanosleep', 'sys_read']) n;

-- whether it was logged on entry, where that is known
SELECT e, pe_strace('sys_execve', 0, e, NULL, NULL, NULL, 'x86_64'), pe_strace('sys_execve', NULL, e, NULL, NULL, NULL, 'i386'),
	pe_strace('sys_read', -4, e, NULL, NULL, NULL, NULL) FROM unnest(ARRAY[true, false, NULL]) e;

-- results of other guests
CREATE FUNCTION call_of(guest text, name text, retval bigint) RETURNS text LANGUAGE sql AS $$
	SELECT pe_strace(name, retval, false, NULL, NULL, NULL, guest)
$$;
SELECT g, call_of(g, 'sys_mmap2', -1216507904), call_of(g, 'sys_x', -1216507904), call_of(g, 'sys_brk', 0), call_of(g, 'sys_mmap', -4096), call_of(g, 'sys_mmap', -12)
FROM unnest(ARRAY['auto', 'x86_64', 'i386', 'arm', 'aarch64', 'mips', 'mipsel', 'mips64', 'ppc', 'windows_32', 'windows_64', NULL]) g;
SELECT call_of('i386', n, -1216507904)
FROM unnest(ARRAY['sys_mmap', 'sys_mmap2', 'sys_old_mmap', 'old_mmap', 'do_mmap2', 'sys_mmap_pgoff', 'sys_mremap', 'sys_brk', 'sys_shmat', 'sys_time']) n;
SELECT n, r, call_of('windows_32', n, r), call_of('windows_64', n, r)
FROM unnest(ARRAY['NtClose', 'ZwClose', 'ntclose', 'Nt', 'N']) n, unnest(ARRAY[0, 1, -1073741772, 3221225524, -2]) r;
-- MIPS has other numbers, but for the first and those within the kernel
SELECT n, call_of('mips', 'sys_x', -n), call_of('mipsel', 'sys_x', -n) = call_of('mips', 'sys_x', -n) AND call_of('mips64', 'sys_x', -n) = call_of('mips', 'sys_x', -n) AS alike
FROM unnest(ARRAY[1, 34, 35, 45, 46, 47, 56, 57, 72, 78, 88, 89, 90, 93, 99, 100, 119, 120, 132, 133, 134, 136, 141, 142, 145, 146, 150, 151, 158, 168, 169, 511, 512, 516, 524, 1132, 1133, 1134, 4095]) n;
SELECT count(DISTINCT e), count(e), count(*) FILTER (WHERE e <> x) FROM
(SELECT substring(call_of('mips', 'sys_x', -n) FROM '[-?]1? ?(E[A-Z0-9_]+) \(') e, substring(call_of('x86_64', 'sys_x', -n) FROM '[-?]1? ?(E[A-Z0-9_]+) \(') x FROM generate_series(1, 4095) n) s;
SELECT call_of(g, 'sys_x', -n) FROM unnest(ARRAY['ppc', 'arm', 'aarch64']) g, unnest(ARRAY[35, 58]) n;

-- names that would look like something else
SELECT call(n, 0) FROM unnest(ARRAY[E'sys_x() = 0\n0 y', 'sys_?', '?', 'sys_é', 'sys_"', 'sys_ ', 'sys_a_b.c+d-e$@', 'sys_' || repeat('(', 40)]) n;
SELECT call('sys_x', 0, '[["filename(from fd)\n", "STRING", "a"], ["a) = 1\n", "SIGNED_32", "1"], ["a", "FLOAT", "1) = 2\n"], ["b", "POINTER", "0x1) = 2"], ["flags", "UNSIGNED_32", "1 "]]');
SELECT call('sys_x', 0, '[["s", "STRUCT", "{\"a) = 1\\n\": 1, \"b c\": {\"=\": 2}}"]]');

-- what syscalls_logger adds
SELECT call('sys_read', 1, '[["fd", "UNSIGNED_32", "3"], ["buf", "BYTES", "\\x61"], ["filename(from fd)", "BYTES", "\\x2f6574632f706173737764"]]');
SELECT call('sys_close', 0, '[["fd", "UNSIGNED_32", "3"], ["filename(from fd)", "BYTES", "\\x3c3e220a5cff"]]');
SELECT call('sys_close', 0, '[["fd", "UNSIGNED_32", "3"], ["filename(from fd)", "STRING", "a<b"]]');
SELECT call('sys_close', 0, '[["fd", "UNSIGNED_32", "3"], ["filename(from fd)", null, null]]');
SELECT n, call('sys_fsync', 0, jsonb_build_array(jsonb_build_array('fd', t, n), '["filename(from fd)", "STRING", "/dev/pts/0"]'::jsonb))
FROM (VALUES ('UNSIGNED_32', '0'), ('UNSIGNED_32', '255'), ('UNSIGNED_32', '256'), ('UNSIGNED_32', '4294967295'), ('SIGNED_32', '-1'), ('SIGNED_64', '-9'),
	('UNSIGNED_64', '18446744073709551615'), ('UNSIGNED_64', '257'), ('UNSIGNED_16', '257'), ('STRING', '257'), (NULL, NULL)) v (t, n);
SELECT call('sys_close', 0, '[["fd", "UNSIGNED_32", "3"], ["filename(from fd)", "STRING", "[unknown filename]"]]');
SELECT call('sys_close', 0, '[["fd", "UNSIGNED_32", "3"], ["filename(from fd)", "BYTES", "\\x5b756e6b6e6f776e2066696c656e616d655d"]]');
SELECT call('sys_close', 0, '[["filename(from fd)", "STRING", "[unknown filename]"], ["x", "STRING", "[unknown filename]"]]');
SELECT call('sys_epoll_ctl', 0, '[["epfd", "SIGNED_32", "3"], ["op", "SIGNED_32", "1"], ["fd", "SIGNED_32", "4"], ["event", "POINTER", "0x0"], ["filename(from fd)", "BYTES", "\\x2f61"]]');
SELECT call('sys_x', 0, '[["a", "UNSIGNED_32", "3"], ["filename(from fd)", "BYTES", "\\x2f61"]]');
SELECT call('sys_x', 0, '[["filename(from fd)", "BYTES", "\\x2f61"], ["fd", "UNSIGNED_32", "3"], ["fd", "UNSIGNED_32", "4"]]');
SELECT call('sys_x', 0, '[["fd", "UNSIGNED_32", "3"], ["fd", "UNSIGNED_32", "4"], ["filename(from fd)", "BYTES", "\\x61"], ["filename(from fd)", "BYTES", "\\x62"]]');
SELECT call('sys_execve', 0, '[["filename", "STRING", "/usr/bin/ls"], ["argv", "STRING", "..."], ["envp", "STRING", "n/a"], ["args", "STRING", "ls -l \"/\""]]', 4096);
SELECT call('sys_bind', 0, '[["arg0", "SIGNED_32", "3"], ["arg1", "POINTER", "0x1000"], ["arg2", "SIGNED_32", "16"], ["port", "UNSIGNED_16", "4242"]]');
SELECT call('sys_bind', 0, '[["arg0", "SIGNED_32", "3"], ["port", null, null]]');
SELECT call('sys_sysctl', 0, '[["args", "POINTER", "0x1000"], ["port", "UNSIGNED_16", "1"]]');

-- what cannot be
\set VERBOSITY sqlstate
SELECT pe_strace('sys_x', 0, 1, '{a,b}', '{STRING}', '{c}');
SELECT pe_strace('sys_x', 0, 1, NULL, '{STRING}', '{c}');
SELECT call('sys_x', 0, '[["a", "TEXT", "b"]]');
SELECT call_of('vax', 'sys_x', 0);
SELECT call('sys_x', 0, '[["a", "BYTES", ""]]');
SELECT call('sys_x', 0, '[["a", "BYTES", "\\x0"]]');
SELECT call('sys_x', 0, '[["a", "BYTES", "\\x0g"]]');
SELECT call('sys_x', 0, '[["a", "BYTES", "abcd"]]');
SELECT call('sys_x', 0, '[["a", "STRUCT", ""]]');
SELECT call('sys_x', 0, '[["a", "STRUCT", "{\"a\": 1"]]');
SELECT call('sys_x', 0, '[["a", "STRUCT", "{} {}"]]');
SELECT pe_strace('sys_x', 0, 1, '{a}', '{STRUCT}', ARRAY[repeat('[', 1000000)]);
\set VERBOSITY default

-- a page of a real log
SELECT pe_attach(:'w1libs', 'w1libs');
\pset tuples_only off
SELECT pid, call FROM w1libs.strace WHERE pid = 77 AND call !~ 'ELF' ORDER BY syscall_id LIMIT 60;
SELECT left(call, 120) FROM w1libs.strace WHERE call ~ 'ELF' ORDER BY syscall_id LIMIT 1;
SELECT pid, call FROM w1libs.strace WHERE call ~ '^(execve|bind|connect|accept|sendto|recvfrom|clone|kill|exit)\(' ORDER BY syscall_id;
\pset tuples_only on
-- every call, where only other columns are asked for, too
SELECT count(*), count(DISTINCT syscall_id), count(thread_id), count(pid), count(tid), count(execution_offset) FROM w1libs.strace;
SELECT count(*) FROM w1libs.strace t JOIN w1libs.syscalls s USING (execution_id, syscall_id, thread_id, pid, tid, execution_offset);

-- kernel DWARF types; the form of autumn 2020; odd bytes
SELECT pe_attach(:'w1struct', 'w1struct');
SELECT DISTINCT ON (split_part(call, '(', 1)) call FROM w1struct.strace WHERE call ~ '[{]' ORDER BY split_part(call, '(', 1), syscall_id;
SELECT pe_attach(:'sep2020', 'sep2020');
SELECT DISTINCT ON (split_part(call, '(', 1)) call FROM sep2020.strace
WHERE call ~ '^(mmap|openat|read|brk|ioctl|lseek|wait4|bind)' ORDER BY split_part(call, '(', 1), syscall_id;
SELECT pe_attach(:'all_kinds', 'all_kinds'), pe_attach(:'bad_utf8', 'bad_utf8'), pe_attach(:'nul_in_str', 'nul_in_str'), pe_attach(:'arg_none', 'arg_none');
SELECT call FROM bad_utf8.strace;
SELECT call FROM nul_in_str.strace;
SELECT call FROM arg_none.strace;

-- rescans
SELECT i, call FROM generate_series(1, 3) i, LATERAL (SELECT call FROM arg_none.strace WHERE i > 0 ORDER BY syscall_id OFFSET i % 2 LIMIT 1) s;

-- the same over native tables, to the letter
CREATE TABLE native_executions AS TABLE w1libs.executions LIMIT 0;
CREATE TABLE native_syscalls AS TABLE w1libs.syscalls LIMIT 0;
CREATE TABLE native_arguments AS TABLE w1libs.syscall_arguments LIMIT 0;
CREATE UNIQUE INDEX ON native_arguments (execution_id, syscall_id, position);
CREATE VIEW native_strace AS
SELECT s.execution_id, s.syscall_id, s.thread_id, s.pid, s.tid, s.execution_offset,
	(SELECT pe_strace(s.name, s.retval, s.on_entry, array_agg(a.name), array_agg(a.argument_type), array_agg(a.value), e.guest)
	 FROM (SELECT a.name, a.argument_type, a.value
		   FROM native_arguments a
		   WHERE a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id
		   ORDER BY a.position) a) AS call
FROM native_syscalls s, native_executions e;
CREATE FUNCTION compare(log text, OUT foreign_only bigint, OUT native_only bigint, OUT both_have bigint) LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE native_executions, native_syscalls, native_arguments;
	EXECUTE format('INSERT INTO native_executions TABLE %I.executions', log);
	EXECUTE format('INSERT INTO native_syscalls TABLE %I.syscalls', log);
	EXECUTE format('INSERT INTO native_arguments TABLE %I.syscall_arguments', log);
	EXECUTE format('SELECT (SELECT count(*) FROM (TABLE %1$I.strace EXCEPT ALL TABLE native_strace) x),
						   (SELECT count(*) FROM (TABLE native_strace EXCEPT ALL TABLE %1$I.strace) x),
						   (SELECT count(*) FROM %1$I.strace)', log)
	INTO foreign_only, native_only, both_have;
END
$$;
SELECT log, compare(log) FROM unnest(ARRAY['w1libs', 'w1struct', 'sep2020', 'all_kinds', 'bad_utf8', 'nul_in_str', 'arg_none']) log;

\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA w1libs, w1struct, sep2020, all_kinds, bad_utf8, nul_in_str, arg_none CASCADE;
DROP VIEW native_strace;
DROP TABLE native_executions, native_syscalls, native_arguments;
DROP FUNCTION compare, call, call_of;
