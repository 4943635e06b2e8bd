/*-------------------------------------------------------------------------
 *
 * format.h
 *		The plog file format: the layout of a file, and the numbers of fields.
 *
 * All integers in a plog are little-endian.  The facts come from PANDA's
 * writer (panda/src/plog.c, panda/src/plog-cc.cpp) and the plugins' .proto
 * files.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_FORMAT_H
#define PLOG_FORMAT_H

/*
 * Header, bytes 0 to 23: u32 version, 4 bytes of padding, u64 position of the
 * directory, u32 chunk size, 4 bytes of padding.  The padding is whatever was on the
 * writer's stack.
 */
#define PLOG_HEADER_BYTES				24
#define PLOG_HEADER_VERSION				0
#define PLOG_HEADER_DIRECTORY			8
#define PLOG_HEADER_CHUNK_SIZE			16
#define PLOG_VERSION					2

/* The first chunk starts here; the bytes after the header are unused. */
#define PLOG_FIRST_CHUNK				128

/*
 * The inflated size, in bytes, at which the writer tries to cut a chunk by
 * default.  It is a hint for the first buffer, never a bound.
 */
#define PLOG_DEFAULT_CHUNK_SIZE			(16 * 1024 * 1024)

/*
 * Directory: u32 count, then for each chunk u64 first instr (modulo 2^32),
 * u64 position of the chunk, u64 number of entries.
 */
#define PLOG_DIRECTORY_COUNT_BYTES		4
#define PLOG_DIRECTORY_RECORD_BYTES		24
#define PLOG_DIRECTORY_RECORD_INSTR		0
#define PLOG_DIRECTORY_RECORD_POSITION	8
#define PLOG_DIRECTORY_RECORD_ENTRIES	16

/* The shortest zlib stream: 2 bytes of header, an empty block, an adler32. */
#define PLOG_CHUNK_MIN_BYTES			8

/* In an inflated chunk each entry is preceded by its u32 size. */
#define PLOG_ENTRY_SIZE_BYTES			4

/* What the writer puts where it does not know pc or instr. */
#define PLOG_UNKNOWN					UINT64_MAX

/* LogEntry: the common fields, and the payloads the relations are made of. */
#define PLOG_ENTRY_PC					1
#define PLOG_ENTRY_INSTR				2
#define PLOG_ENTRY_ASID					3
#define PLOG_ENTRY_ASID_LIBRARIES		5
#define PLOG_ENTRY_ASID_INFO			40
#define PLOG_ENTRY_TAINT_FLOW			57
#define PLOG_ENTRY_SYSCALL				58
#define PLOG_ENTRY_PROC_TRACE			103

/*
 * LogEntry from August 2016 to June 2018: it had what asidstory saw of a process, with
 * process_id under the number that asid_libraries has had since, and two other fields
 * were numbers that are messages today.
 */
#define PLOG_ENTRY_2016_PROCESS_NAME	4
#define PLOG_ENTRY_2016_PROCESS_ID		5
#define PLOG_ENTRY_2016_DEAD_DATA		32
#define PLOG_ENTRY_2016_TOTAL_INSTR		65

/* LogEntry: a payload that is another message in some PANDAs, as taint_flow is */
#define PLOG_ENTRY_EDGE_COVERAGE		41

/* AsidInfo since September 2020 */
#define PLOG_ASID_INFO_PID				1
#define PLOG_ASID_INFO_CREATE_TIME		2
#define PLOG_ASID_INFO_PPID				3
#define PLOG_ASID_INFO_ASID				4
#define PLOG_ASID_INFO_NAMES			5
#define PLOG_ASID_INFO_TIDS				6
#define PLOG_ASID_INFO_START_INSTR		7
#define PLOG_ASID_INFO_END_INSTR		8
#define PLOG_ASID_INFO_COUNT			9

/* AsidInfo from June 2018 to September 2020 */
#define PLOG_ASID_INFO_2018_ASID		1
#define PLOG_ASID_INFO_2018_NAME		2
#define PLOG_ASID_INFO_2018_PID			3
#define PLOG_ASID_INFO_2018_START_INSTR	4
#define PLOG_ASID_INFO_2018_END_INSTR	5
#define PLOG_ASID_INFO_2018_COUNT		6

/* Syscall */
#define PLOG_SYSCALL_PID				1
#define PLOG_SYSCALL_PPID				2
#define PLOG_SYSCALL_TID				3
#define PLOG_SYSCALL_CREATE_TIME		4
#define PLOG_SYSCALL_RETCODE			5
#define PLOG_SYSCALL_CALL_NAME			6
#define PLOG_SYSCALL_ARGS				7

/* NamedData, the arguments since December 2020 */
#define PLOG_ARGUMENT_NAME				1
#define PLOG_ARGUMENT_STR				2
#define PLOG_ARGUMENT_PTR				3
#define PLOG_ARGUMENT_U64				4
#define PLOG_ARGUMENT_U32				5
#define PLOG_ARGUMENT_U16				6
#define PLOG_ARGUMENT_I64				7
#define PLOG_ARGUMENT_I32				8
#define PLOG_ARGUMENT_I16				9
#define PLOG_ARGUMENT_FLOAT				10
#define PLOG_ARGUMENT_DOUBLE			11
#define PLOG_ARGUMENT_BOOL				12
#define PLOG_ARGUMENT_BYTES				13
#define PLOG_ARGUMENT_STRUCT_TYPE		14
#define PLOG_ARGUMENT_STRUCT_DATA		15

/* syscalls_logger writes the path of a file descriptor, a text, as bytes. */
#define PLOG_ARGUMENT_PATH_NAME			"filename(from fd)"

/*
 * SyscallArg, the arguments from September to December 2020: the fields STR to I16
 * of NamedData, each with a number lower by 1
 */
#define PLOG_ARGUMENT_2020_POINTER		2

/* StructData */
#define PLOG_STRUCT_MEMBERS				1

/* LoadedLibs since April 2021; before, field 2 held the modules */
#define PLOG_LOADED_LIBS_PROC_NAME		1
#define PLOG_LOADED_LIBS_PID			2
#define PLOG_LOADED_LIBS_PPID			3
#define PLOG_LOADED_LIBS_CREATE_TIME	4
#define PLOG_LOADED_LIBS_TID			5
#define PLOG_LOADED_LIBS_MODULES		6
#define PLOG_LOADED_LIBS_2020_MODULES	2

/* Module */
#define PLOG_MODULE_NAME				1
#define PLOG_MODULE_FILE				2
#define PLOG_MODULE_BASE_ADDR			3
#define PLOG_MODULE_SIZE				4

/* TaintFlow since November 2020 */
#define PLOG_FLOW_SOURCE				1
#define PLOG_FLOW_SINK					2
#define PLOG_FLOW_COPY					3
#define PLOG_FLOW_OFFSET				4
#define PLOG_FLOW_CARD					5
#define PLOG_FLOW_TCN					6
#define PLOG_FLOW_CB					7

/* TaintSource and TaintSink of a TaintFlow; a TaintSink has no label */
#define PLOG_FLOW_END_POINT				1
#define PLOG_FLOW_END_SIZE				2
#define PLOG_FLOW_END_VALUE				3
#define PLOG_FLOW_END_INSTR				4
#define PLOG_FLOW_END_IS_STORE			5
#define PLOG_FLOW_END_LABEL				6

/* FlowPoint of a TaintSource or TaintSink, and its FlowThread */
#define PLOG_FLOW_POINT_THREAD			1
#define PLOG_FLOW_POINT_PC				2
#define PLOG_FLOW_THREAD_PID			1
#define PLOG_FLOW_THREAD_PPID			2
#define PLOG_FLOW_THREAD_TID			3
#define PLOG_FLOW_THREAD_CREATE_TIME	4

/* Bir, in the same field of LogEntry as TaintFlow: the fields that tell them apart */
#define PLOG_BIR_LEN					1
#define PLOG_BIR_CACHED					2
#define PLOG_BIR_HIGHSCORE				3
#define PLOG_BIR_FILENAME				4

/* edge_coverage: the fields that tell AsidEdges and ThreadEdges apart */
#define PLOG_ASID_EDGES_EDGES			2
#define PLOG_THREAD_EDGES_TID			1
#define PLOG_THREAD_EDGES_CREATE_TIME	2
#define PLOG_THREAD_EDGES_EDGES			3

/* ProcTrace */
#define PLOG_PROC_TRACE_PID				1
#define PLOG_PROC_TRACE_CREATE_TIME		2
#define PLOG_PROC_TRACE_PPID			3
#define PLOG_PROC_TRACE_ASID			4
#define PLOG_PROC_TRACE_NAME			5
#define PLOG_PROC_TRACE_TID				6
#define PLOG_PROC_TRACE_START_INSTR		7

/* The type of a struct that is an array of primitives, whose members have no names. */
#define PLOG_STRUCT_TYPE_ARRAY			"ArrayOfPrimitive"

#endif							/* PLOG_FORMAT_H */
