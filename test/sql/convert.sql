-- Bytes as readable text, and numbers of any form as bigint and in hex: functions
-- that do not fail.
-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set w1libs :abs_srcdir '/plogs/real/w1libs.plog'
\set kernel_edge :abs_srcdir '/plogs/faults/kernel_edge.plog'
\set values :abs_srcdir '/plogs/rules/values.plog'
\pset format unaligned
\pset null '-'

-- bytes
SELECT v, pe_readable(v) FROM unnest(ARRAY['\x2f6574632f706173737764', '\x2F', '\x', '\xc3a9', '\xff00c3', '\x5c', 'text', '', '\', '\x1', '\x0g',
	'\X2f', '2f', '\x2f ', NULL]) v;
SELECT pe_readable('\x2fff'::bytea), pe_readable(''::bytea), pe_readable(NULL::bytea);
SELECT pe_readable('\x' || repeat('41', 1000)) = repeat('A', 1000) AS long, length(pe_readable('\x' || repeat('fe', 1000000)));

-- numbers
SELECT v, pe_bigint(v), pe_hex(v) FROM unnest(ARRAY['0', '1', '-1', '007', '9223372036854775807', '9223372036854775808', '18446744073709551615',
	'18446744073709551616', '184467440737095516150', '-9223372036854775808', '-9223372036854775809', '-0', '1.0', '1.', '1.5', '.0', '1e3', '+1', ' 1', '1 ',
	'', '-', 'x', '0x', '0x0', '0xff', '0xFF', '0xffffffff81a00220', '0x0000000000000000001', '0x10000000000000000', '0xg', '-0x1', '0X1', 'NaN', NULL]) v;
SELECT v, pe_bigint(v), pe_hex(v) FROM unnest(ARRAY['0', '18446744073709551615', '18446744073709551616', '-9223372036854775808', '1.0', '1e3', '1e-3', '1.5',
	'"0x10"', '"12"', '"x"', '""', 'true', 'null', '[1]', '{"a": 1}', '[]', '1e400']::jsonb[]) v;
SELECT pe_bigint(v) FROM unnest(ARRAY[0, 18446744073709551615, 18446744073709551616, -1, 1.00, 1.5, 'NaN', 1e100]::numeric[]) v;
SELECT v, pe_hex(v) FROM unnest(ARRAY[0, 18446744073709551615, 18446744073709551616, -1, 1.00, 1.5, 'NaN']::numeric[]) v;
SELECT pe_hex(v) FROM unnest(ARRAY[0, 1, -1, -2120220128, 9223372036854775807]::bigint[]) v;
SELECT pe_hex(255), pe_hex(-1), pe_hex('255'), pe_hex('0xff'), pe_bigint('255'), pe_bigint(255);

-- errors
SELECT n, pe_error_name(n), pe_error_name(n, 'i386'), pe_error_name(n, 'mips'), pe_error_name(n, 'ppc'), pe_error_name(n, 'vax'), pe_error_name(n, NULL)
FROM unnest(ARRAY[0, 1, -1, 2, -2, 35, 58, -89, 512, 1133, 4095, -4095, 4096, -4096, 9223372036854775807, -9223372036854775808, NULL]::bigint[]) n;

SELECT n, pe_error_name(n, 'windows_64'), pe_error_name(n, 'windows_32') FROM unnest(ARRAY[-1073741772, 3221225524, 3221226528, -2, 2, 259, 4294967296 + 3221225524, NULL]::bigint[]) n;

-- the bytes of an entry have no \x before them
SELECT pe_readable('\x' || v) FROM unnest(ARRAY['2f746d70', '', 'x', '2f7', NULL]) v;

-- no value of a log is too much for them
SELECT pe_attach(:'w1libs', 'w1libs') \g /dev/null
SELECT pe_attach(:'kernel_edge', 'kernel_edge') \g /dev/null
SELECT pe_attach(:'values', 'values') \g /dev/null
SELECT count(*), count(pe_readable(value)), count(pe_bigint(value)) = count(*) FILTER (WHERE argument_type ~ 'SIGNED|POINTER') AS all_numbers
FROM w1libs.syscall_arguments WHERE value IS NOT NULL AND argument_type <> 'STRING';
SELECT argument_type, value, pe_bigint(value), pe_hex(value) FROM "values".syscall_arguments WHERE argument_type ~ 'SIGNED|POINTER' ORDER BY syscall_id, position;
SELECT pe_hex(edge->'pc'->0) AS source, pe_hex(edge->'pc'->1) AS target, pe_bigint(edge->'pc'->1) AS target_pc, sum(pe_bigint(edge->'hit_count')) AS hits
FROM kernel_edge.entries, jsonb_array_elements(message->'edge_coverage'->'edges') AS edge
WHERE kind = 'edge_coverage' GROUP BY edge->'pc' ORDER BY hits DESC, source;

\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA w1libs, kernel_edge, "values" CASCADE;
