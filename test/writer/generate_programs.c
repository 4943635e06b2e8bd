/*-------------------------------------------------------------------------
 *
 * generate_programs.c
 *		The programs and libraries in the logs of plog_generate.
 *
 *-------------------------------------------------------------------------
 */
#include "generator.h"

#define SEGMENTS			5	/* modules that a program or library comes as */
#define MIN_LIBRARIES		5
#define MORE_LIBRARIES		4

/* A shared library */
typedef struct Library
{
	const char *name;
	const char *file;
} Library;

static const Program programs[] = {
	{"ls", "/usr/bin/ls", "ls -l --color=auto /usr/share/doc"},
	{"cat", "/usr/bin/cat", "cat /etc/passwd /etc/group"},
	{"grep", "/usr/bin/grep", "grep -rn --include=*.h struct /usr/include"},
	{"find", "/usr/bin/find", "find / -xdev -type f -newer /var/log/dpkg.log"},
	{"sort", "/usr/bin/sort", "sort -u -k2,2n"},
	{"perl", "/usr/bin/perl", "perl -ne print if /^[a-z]+$/ /usr/share/dict/words"},
	{"python3", "/usr/bin/python3", "python3 -m http.server --bind 127.0.0.1 8000"},
	{"gcc", "/usr/bin/gcc", "gcc -O2 -Wall -c -o main.o main.c -I. -I../include"},
	{"cc1", "/usr/lib/gcc/x86_64-linux-gnu/10/cc1", "cc1 -quiet main.c -O2 -Wall -o /tmp/main.s"},
	{"make", "/usr/bin/make", "make -j4 all"},
	{"tar", "/usr/bin/tar", "tar -czf /tmp/backup.tar.gz /etc"},
	{"gzip", "/usr/bin/gzip", "gzip -9"},
	{"sshd", "/usr/sbin/sshd", "sshd: user [priv]"},
	{"cron", "/usr/sbin/cron", "/usr/sbin/cron -f"},
	{"nginx", "/usr/sbin/nginx", "nginx: worker process"},
	{"curl", "/usr/bin/curl", "curl -s -o /dev/null http://localhost/"},
	{"id", "/usr/bin/id", "id"},
	{"sed", "/usr/bin/sed", "sed -n s/^Name:[[:space:]]*//p /proc/self/status"}
};

static const Library libraries[] = {
	{"libc-2.31.so", "/usr/lib/x86_64-linux-gnu/libc-2.31.so"},
	{"libdl-2.31.so", "/usr/lib/x86_64-linux-gnu/libdl-2.31.so"},
	{"libpthread-2.31.so", "/usr/lib/x86_64-linux-gnu/libpthread-2.31.so"},
	{"libm-2.31.so", "/usr/lib/x86_64-linux-gnu/libm-2.31.so"},
	{"libz.so.1.2.11", "/usr/lib/x86_64-linux-gnu/libz.so.1.2.11"},
	{"libselinux.so.1", "/usr/lib/x86_64-linux-gnu/libselinux.so.1"},
	{"libtinfo.so.6.2", "/usr/lib/x86_64-linux-gnu/libtinfo.so.6.2"},
	{"libcrypt.so.1.1.0", "/usr/lib/x86_64-linux-gnu/libcrypt.so.1.1.0"},
	{"libssl.so.1.1", "/usr/lib/x86_64-linux-gnu/libssl.so.1.1"},
	{"libcrypto.so.1.1", "/usr/lib/x86_64-linux-gnu/libcrypto.so.1.1"},
	{"libexpat.so.1.6.12", "/usr/lib/x86_64-linux-gnu/libexpat.so.1.6.12"},
	{"libnss_files-2.31.so", "/usr/lib/x86_64-linux-gnu/libnss_files-2.31.so"}
};

/* Any of the programs. */
const Program *
pick_program(Random *random)
{
	return &programs[random_below(random, lengthof(programs))];
}

/* Add a module at an address; the address behind it. */
static uint64_t
add_module(Process *process, const char *name, const char *file, uint64_t address, uint64_t pages)
{
	Panda__Module *module = &process->modules[process->module_count];

	panda__module__init(module);
	module->name = (char *) name;
	module->file = (char *) file;
	module->has_base_addr = true;
	module->base_addr = address;
	module->has_size = true;
	module->size = pages * PAGE_BYTES;
	process->module_list[process->module_count++] = module;
	return address + module->size;
}

/* Add the segments of a program or library; the address behind them. */
static uint64_t
add_segments(Process *process, const char *name, const char *file, uint64_t address, Random *random)
{
	static const uint32_t pages[SEGMENTS] = {16, 256, 64, 2, 2};

	for (int i = 0; i < SEGMENTS; i++)
		address = add_module(process, name, file, address, 1 + random_below(random, pages[i]));
	return address;
}

/* Lay out the address space of a process that has just become its program. */
void
make_modules(Process *process, Random *random)
{
	uint32_t	count = MIN_LIBRARIES + random_below(random, MORE_LIBRARIES + 1);
	uint32_t	first = random_below(random, lengthof(libraries));
	uint64_t	address = process->heap - UINT64_C(0x1000000);

	process->module_count = 0;
	add_segments(process, process->program->name, process->program->path, address, random);
	add_module(process, "[heap]", "none", process->heap, 66);
	address = add_module(process, "[???]", "none", process->libraries, 4);
	address = add_segments(process, "ld-2.31.so", "/usr/lib/x86_64-linux-gnu/ld-2.31.so", address, random);
	add_module(process, "[stack]", "none", process->stack - 33 * PAGE_BYTES, 33);
	for (uint32_t i = 0; i < count; i++)
	{
		const Library *library = &libraries[(first + i) % lengthof(libraries)];

		address = add_segments(process, library->name, library->file, address, random);
		address = add_module(process, "[???]", "none", address, 4);
	}
	process->modules_loaded = process->module_count - random_below(random, SEGMENTS + 1);
}
