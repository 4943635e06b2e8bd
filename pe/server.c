/*-------------------------------------------------------------------------
 *
 * server.c
 *		The private server: its life, and the locks that rule it.
 *
 * It is long, but one file: each step is safe only by the order of the others.
 *
 * All calls of one user share a PostgreSQL server as long as one of them runs.
 * Its cluster is kept in the cache directory for the sake of the catalogs of
 * logs in it, and of databases that are ready; all of it can be lost at any
 * time.  It runs without fsync, so a cluster that was not shut down is made
 * anew.
 *
 * A place has these files:
 *
 *	lock		held while a server is found, started or stopped
 *	share		held, shared, by every pe that uses the server
 *	server		held by the server itself
 *	made		by which programs the cluster was made, once it is complete
 *	database-N	held by the pe whose database pe_N is; it says by which
 *				programs the database was made if that is fit for use, and
 *				"none" if there is none
 *	cluster/	data, and the server's log
 *
 * To enter: take "lock", then "share".  If a server answers on the socket that
 * the cluster names, that is it.  Else take "server", without which nobody
 * touches a cluster.  Whoever starts the server passes the lock on to it: all
 * its processes inherit the descriptor, and the lock is free when the last of
 * them has ended.  Neither a process number nor a socket would tell that, for
 * both may be of another container or machine that has the same home.  Is
 * "server" taken by a server that does not answer, another place is tried.
 *
 * To leave: take "lock", give up "share", and if nobody else has a share, stop
 * the server and wait for "server".  A pe that was killed leaves its server to
 * the next one that enters and leaves.
 *
 * All locks are flock()'s and end with the process, however it ends.
 *
 *-------------------------------------------------------------------------
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"
#include "server.h"

/* Places to try, and databases of one. */
#define PLACES 16
#define DATABASES 1000

/* Milliseconds for a server to start or stop, and for one that is stopping. */
#define SERVER_PATIENCE 60000
#define PLACE_PATIENCE 1500
/* How long a database's name may be taken by a process whose pe was killed. */
#define DATABASE_PATIENCE 30000

/*
 * Catalogs keep the place of what was dropped, some 300 kB for each log that was
 * attached and detached, until they are vacuumed; the server does not run long
 * enough for that.  A database past this size is not used again.
 */
#define DATABASE_SIZE "32MB"

/*
 * Is a database fit for another call?  Nor is one with a schema that the template has
 * not, such as pe export makes.
 */
static const char fitness_sql[] =
"SELECT pg_database_size(current_database()) < pg_size_bytes('" DATABASE_SIZE "') "
"AND NOT EXISTS (SELECT FROM pg_namespace WHERE oid >= 16384 AND nspname NOT LIKE 'pg\\_%')";

#define STATE_UNIQUE_VIOLATION "23505"
#define STATE_DUPLICATE_DATABASE "42P04"

#define SUPERUSER "pe"
#define TEMPLATE "pe_template"

/* What a database's file says if there is none. */
#define NO_DATABASE "none\n"

/* The place in use, and what we hold there. */
static char *place = NULL;
static int	lock = -1,
			share = -1,
			server = -1,
			database_lock = -1;
static bool has_share = false;
static bool leaving = false;	/* pe is ending, and cannot end again */
static char *socket_directory = NULL;
static pid_t postmaster = 0;
static char *programs = NULL;	/* what "made" says if these made it */

/* Our database, and whether it is to be dropped. */
static char *database = NULL;
static bool database_is_clean = false;

/* ------------------------------------------------------------------------
 * Files of the place
 * ------------------------------------------------------------------------ */

static uint64_t
add_to_hash(uint64_t hash, const void *data, size_t length)
{
	for (const unsigned char *byte = data; length > 0; length--)
		hash = (hash ^ *byte++) * UINT64_C(0x100000001b3);
	return hash;
}

#define EMPTY_HASH UINT64_C(0xcbf29ce484222325)

static uint64_t
add_file_to_hash(uint64_t hash, const char *directory, const char *name)
{
	char	   *path = format_text("%s/%s", directory, name);
	struct stat state;

	if (stat(path, &state) == 0)
	{
		int64_t		facts[] = {state.st_size, state.st_mtim.tv_sec, state.st_mtim.tv_nsec};

		hash = add_to_hash(hash, name, strlen(name) + 1);
		hash = add_to_hash(hash, facts, sizeof(facts));
	}
	free(path);
	return hash;
}

static int
is_of_extension(const struct dirent *entry)
{
	return strncmp(entry->d_name, "pandelephant", strlen("pandelephant")) == 0;
}

/*
 * A text that is another one once PostgreSQL or the extension's scripts are
 * others.
 */
static char *
describe_programs(void)
{
	static const char extensions[] = SHAREDIR "/extension";
	uint64_t	hash = add_file_to_hash(EMPTY_HASH, program_directory(), "postgres");
	struct dirent **entries;
	int			count = scandir(extensions, &entries, is_of_extension, alphasort);

	for (int i = 0; i < count; i++)
	{
		hash = add_file_to_hash(hash, extensions, entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return format_text("1 %016" PRIx64 "\n", hash);
}

/*
 * A file of the place, below it.
 */
static char *
path_in_place(const char *name)
{
	return format_text("%s/%s", place, name);
}

/*
 * Whether a descriptor's file says that these programs made what it is of.
 */
static bool
says(int file, const char *expected)
{
	char		found[64];
	ssize_t		length = pread(file, found, sizeof(found), 0);

	return length == (ssize_t) strlen(expected) && memcmp(found, expected, (size_t) length) == 0;
}

static bool
says_programs(int file)
{
	return says(file, programs);
}

/*
 * Make a file say something.  Half of it would say nothing.
 */
static void
say(int file, const char *text)
{
	ssize_t		written = -1;

	if (ftruncate(file, 0) == 0)
		written = pwrite(file, text, strlen(text), 0);
	(void) written;
}

static int
open_file(const char *name)
{
	char	   *path = path_in_place(name);
	int			file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (file < 0)
		die(NO_SERVER, "cannot open \"%s\": %s (XDG_CACHE_HOME names another place)", path,
			strerror(errno));
	free(path);
	return file;
}

/*
 * Take a lock within some milliseconds, -1 being any time.
 */
static bool
take(int file, int kind, int milliseconds)
{
	int64_t		end = clock_now() + milliseconds;

	while (flock(file, kind | LOCK_NB) != 0)
	{
		if (errno != EWOULDBLOCK && errno != EINTR && leaving)
			return false;
		if (errno != EWOULDBLOCK && errno != EINTR)
			die(NO_SERVER, "cannot lock a file in \"%s\": %s (XDG_CACHE_HOME names another place)",
				place, strerror(errno));
		if (milliseconds >= 0 && clock_now() >= end)
			return false;
		wait_for(-1, 0, 5);
	}
	return true;
}

static bool
make_directories(const char *path)
{
	char	   *part = copy_text(path);
	bool		made;

	for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
	{
		*slash = '\0';
		mkdir(part, 0755);
		*slash = '/';
	}
	made = mkdir(part, 0755) == 0 || errno == EEXIST;
	free(part);
	return made;
}

const char *
cache_directory(void)
{
	static char *directory = NULL;
	const char *base = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (directory != NULL)
		return directory;
	if (base != NULL && *base == '/')
		directory = format_text("%s/pandelephant", base);
	else if (geteuid() == 0)
		directory = copy_text("/var/cache/pandelephant");	/* root's home is closed to others */
	else
		directory = format_text("%s/.cache/pandelephant", home != NULL ? home : "/nonexistent");
	if (!make_directories(directory) || access(directory, W_OK) != 0)
		die(NO_SERVER, "cannot write in \"%s\" (XDG_CACHE_HOME names another place)", directory);
	return directory;
}

/*
 * Open a place.
 */
static void
open_place(int number)
{
	const char *directory = program_directory();
	uint64_t	hash = add_to_hash(EMPTY_HASH, directory, strlen(directory));
	char	   *cluster;

	place = format_text(number == 0 ? "%s/%016" PRIx64 : "%s/%016" PRIx64 "_%d",
						cache_directory(), hash, number);
	cluster = path_in_place("cluster");
	if (access(cluster, F_OK) != 0 &&
		(!make_directories(cluster) || chmod(cluster, 0700) != 0 || !give_to_server_user(cluster)))
		die(NO_SERVER, "cannot make \"%s\" (XDG_CACHE_HOME names another place)", cluster);
	free(cluster);
	lock = open_file("lock");
	share = open_file("share");
	server = open_file("server");
}

static void
close_place(void)
{
	close(server);
	close(share);
	close(lock);
	free(place);
	place = NULL;
	lock = share = server = -1;
}

/* ------------------------------------------------------------------------
 * A running server
 * ------------------------------------------------------------------------ */

static PGconn *
connect_to(const char *name)
{
	const char *const keywords[] = {"host", "port", "user", "dbname", "client_encoding",
		"application_name", NULL};
	const char *values[] = {socket_directory, "5432", SUPERUSER, name, "UTF8", "pe", NULL};

	return database_open(keywords, values);
}

/*
 * A line of the file by which a server says where it is, or NULL.
 */
static char *
line_of_pid_file(int wanted)
{
	char	   *path = path_in_place("cluster/data/postmaster.pid");
	FILE	   *file = fopen(path, "re");
	char		line[1024];
	char	   *found = NULL;

	free(path);
	if (file == NULL)
		return NULL;
	for (int number = 1; found == NULL && fgets(line, sizeof(line), file) != NULL; number++)
	{
		line[strcspn(line, "\n")] = '\0';
		if (number == wanted)
			found = copy_text(line);
	}
	fclose(file);
	return found;
}

/*
 * The process that listens at the other end, as it is numbered here; 0 if it
 * is not to be seen from here.
 */
static pid_t
process_at_other_end(PGconn *connection)
{
	struct ucred peer;
	socklen_t	size = sizeof(peer);

	if (getsockopt(PQsocket(connection), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return 0;
	return peer.pid;
}

/*
 * Connect to the server that runs, if one does and can be reached.
 */
static bool
find_running(void)
{
	PGconn	   *connection;
	bool		found;

	free(socket_directory);
	socket_directory = line_of_pid_file(5);
	if (socket_directory == NULL || *socket_directory != '/')
		return false;
	connection = connect_to("postgres");
	found = PQstatus(connection) == CONNECTION_OK;
	if (found)
		postmaster = process_at_other_end(connection);
	database_close(connection);
	return found;
}

/* ------------------------------------------------------------------------
 * Starting
 * ------------------------------------------------------------------------ */

/*
 * Why a server or initdb did not do: its first complaint.  The server's lines
 * begin with their SQLSTATE; classes 00 to 02 are none.
 */
static char *
first_complaint(const char *path, bool of_server)
{
	FILE	   *file = fopen(path, "re");
	char		line[1024];
	char	   *first = NULL;

	while (file != NULL && first == NULL && fgets(line, sizeof(line), file) != NULL)
	{
		line[strcspn(line, "\n")] = '\0';
		if (!of_server)
			first = *line != '\0' ? copy_text(line) : NULL;
		else if (strlen(line) > 6 && line[5] == ' ' && strncmp(line, "00", 2) != 0 &&
				 strncmp(line, "01", 2) != 0 && strncmp(line, "02", 2) != 0)
			first = copy_text(line + 6);
	}
	if (file != NULL)
		fclose(file);
	return first;
}

static int
open_log(const char *name, char **path)
{
	int			file;

	*path = path_in_place(name);
	unlink(*path);
	file = open(*path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file < 0)
		die(NO_SERVER, "cannot write \"%s\": %s", *path, strerror(errno));
	return file;
}

static char *start_complaint = NULL;

/* The server that is being started, to be ended if we are. */
static pid_t starting = 0;

/*
 * Make an empty cluster in place of what there may be.
 */
static bool
make_cluster(void)
{
	char	   *cluster = path_in_place("cluster");
	char	   *data = path_in_place("cluster/data");
	char	   *unfinished = path_in_place("cluster/new");
	char	   *initdb = find_program("initdb");
	char	   *log;
	int			output = open_log("initdb.log", &log);
	const char *words[] = {initdb, "-D", "new", "-U", SUPERUSER, "-A", "trust", "-E", "UTF8",
		"--no-locale", "--no-sync", NULL};
	Program		program = {.words = words, .directory = cluster, .as_server_user = true,
		.input = -1, .output = -1, .error = output, .inherited = -1};
	int			made = open_file("made");
	bool		done;

	say(made, "");
	close(made);
	for (int i = 1; i <= DATABASES; i++)
	{
		char	   *name = format_text("%s/database-%d", place, i);
		bool		there = unlink(name) == 0;

		free(name);
		if (!there)
			break;
	}
	remove_tree(data);
	remove_tree(unfinished);
	done = run_program(&program) == 0 && rename(unfinished, data) == 0;
	if (!done)
	{
		free(start_complaint);
		start_complaint = first_complaint(log, false);
	}
	close(output);
	free(log);
	free(initdb);
	free(unfinished);
	free(data);
	free(cluster);
	return done;
}

/*
 * Wait until a server that was started takes connections, as it says itself.
 */
static bool
wait_for_server(void)
{
	int64_t		end = clock_now() + SERVER_PATIENCE;

	while (clock_now() < end)
	{
		char	   *status;
		bool		ready;

		if (program_status(starting) >= 0)
		{
			starting = 0;
			return false;
		}
		status = line_of_pid_file(8);
		ready = status != NULL && strncmp(status, "ready", 5) == 0;
		free(status);
		if (ready)
		{
			postmaster = starting;
			return true;
		}
		wait_for(-1, 0, 5);
	}
	return false;
}

static void
forget_socket_directory(void)
{
	if (socket_directory != NULL && strncmp(socket_directory, "/tmp/pe.", 8) == 0)
		remove_tree(socket_directory);
	free(socket_directory);
	socket_directory = NULL;
}

/*
 * Let go of the lock that may have passed on to a server, and wait until its
 * last process has let go of it too.
 */
static bool
wait_for_end(void)
{
	char	   *path = path_in_place("server");

	close(server);
	server = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	free(path);
	return server < 0 || take(server, LOCK_EX, SERVER_PATIENCE);
}

static void
end_starting(void)
{
	if (starting == 0)
		return;
	kill(starting, SIGQUIT);
	while (program_status(starting) < 0)
		wait_for(-1, 0, 5);
	starting = 0;
	wait_for_end();
	forget_socket_directory();
}

/*
 * Start the server.  The path of a socket must be short, hence /tmp.
 */
static bool
launch(void)
{
	char	   *cluster = path_in_place("cluster");
	char	   *postgres = find_program("postgres");
	char	   *log;
	int			output = open_log("cluster/log", &log);
	char		directory[] = "/tmp/pe.XXXXXX";
	const char *words[] = {postgres, "-D", "data", "-k", directory,
		"-c", "unix_socket_permissions=0700", "-c", "listen_addresses=", "-c", "port=5432",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off",
		"-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "log_line_prefix=%e ",
		"-c", "logging_collector=off", NULL};
	Program		program = {.words = words, .directory = cluster, .as_server_user = true,
		.lasting = true, .input = -1, .output = output, .error = output, .inherited = server};
	bool		done;

	if (mkdtemp(directory) == NULL || !give_to_server_user(directory))
		die(NO_SERVER, "cannot make a directory in /tmp: %s", strerror(errno));
	if (!give_to_server_user(log))
		die(NO_SERVER, "cannot give \"%s\" to the server's user", log);
	free(socket_directory);
	socket_directory = copy_text(directory);
	starting = start_program(&program);
	done = wait_for_server();
	if (!done)
	{
		end_starting();
		wait_for_end();
		free(start_complaint);
		start_complaint = first_complaint(log, true);
		remove_tree(directory);
	}
	starting = 0;
	close(output);
	free(log);
	free(postgres);
	free(cluster);
	return done;
}

/*
 * A connection for what must work if the server does.
 */
static PGconn *
must_connect_to(const char *name)
{
	PGconn	   *connection = connect_to(name);

	if (PQstatus(connection) != CONNECTION_OK)
		fail_with_result(connection, NULL, NO_SERVER);
	return connection;
}

static void
run_and_forget(PGconn *connection, const char *sql)
{
	PQclear(database_must(connection, NO_SERVER, sql, 0, NULL));
}

static void
make_extension(const char *name)
{
	PGconn	   *connection = must_connect_to(name);

	run_and_forget(connection, "SET client_min_messages = warning");
	run_and_forget(connection, "CREATE EXTENSION pandelephant");
	database_close(connection);
}

/*
 * Make the database that all others are copies of, which makes the cluster
 * complete.
 */
static void
make_template(void)
{
	PGconn	   *connection = must_connect_to("postgres");
	int			made = open_file("made");

	run_and_forget(connection, "CREATE DATABASE " TEMPLATE);
	make_extension(TEMPLATE);
	database_close(connection);
	say(made, programs);
	close(made);
}

static bool
drop_database(void)
{
	PGconn	   *connection = connect_to("postgres");
	char	   *sql = format_text("DROP DATABASE IF EXISTS \"%s\" WITH (FORCE)", database);
	PGresult   *result = database_run(connection, sql, 0, NULL);
	bool		dropped = !result_is_error(result);

	PQclear(result);
	database_close(connection);
	free(sql);
	return dropped;
}

/*
 * Drop what calls left that were killed, for the server may have been with
 * them when nobody could.
 */
static void
drop_left_databases(void)
{
	bool		there = true;

	for (int i = 1; there && i <= DATABASES; i++)
	{
		char	   *name = format_text("database-%d", i);
		char	   *path = path_in_place(name);
		int			file;

		there = access(path, F_OK) == 0;
		if (there)
		{
			file = open_file(name);
			if (!says_programs(file) && !says(file, NO_DATABASE))
			{
				database = format_text("pe_%d", i);
				drop_database();
				free(database);
				database = NULL;
				say(file, NO_DATABASE);
			}
			close(file);
		}
		free(path);
		free(name);
	}
}

static bool
cluster_is_complete(void)
{
	int			made = open_file("made");
	bool		complete = says_programs(made);
	char	   *pid_file = path_in_place("cluster/data/postmaster.pid");

	complete = complete && access(pid_file, F_OK) != 0;
	free(pid_file);
	close(made);
	return complete;
}

/*
 * Start the server, on a new cluster if the old one was made by other programs,
 * was not shut down or does not work.  "server" is ours.
 */
static void
start(void)
{
	if (cluster_is_complete() && launch())
		drop_left_databases();
	else if (make_cluster() && launch())
		make_template();
	else
		die(NO_SERVER, "the private server does not start: %s",
			start_complaint != NULL ? start_complaint : "it does not say why");
	/* the server has it */
	close(server);
	server = open_file("server");
}

/* ------------------------------------------------------------------------
 * Stopping
 * ------------------------------------------------------------------------ */

/*
 * Ask the server to stop.  If its process is not to be seen from here, it
 * shall do it itself.
 */
static void
ask_to_stop(void)
{
	PGconn	   *connection;

	if (postmaster != 0)
	{
		kill(postmaster, SIGINT);
		return;
	}
	connection = connect_to("postgres");
	PQclear(database_run(connection, "COPY (SELECT) TO PROGRAM "
						 "'kill -INT \"$(head -n 1 postmaster.pid)\"'", 0, NULL));
	database_close(connection);
}

static void
stop(void)
{
	ask_to_stop();
	if (!wait_for_end() && postmaster != 0)
	{
		kill(postmaster, SIGQUIT);
		wait_for_end();
	}
	forget_socket_directory();
}

/*
 * Leave.  Nothing here may end pe: it is ending.
 */
static void
leave(void)
{
	database_cancel();
	if (!has_share)
		return;
	leaving = true;
	if (database != NULL && !database_is_clean && drop_database())
		say(database_lock, NO_DATABASE);
	take(lock, LOCK_EX, -1);
	flock(share, LOCK_UN);
	if (starting != 0)
		end_starting();
	else if (socket_directory != NULL && flock(share, LOCK_EX | LOCK_NB) == 0)
		stop();
}

/* ------------------------------------------------------------------------
 * Entering
 * ------------------------------------------------------------------------ */

/*
 * Make the database anew.  A pe that was killed may have left a process of the
 * server that is still making it: then there is none to be dropped yet, and the
 * name is taken all the same.
 */
static void
make_database(const char *template)
{
	PGconn	   *connection = must_connect_to("postgres");
	char	   *drop = format_text("DROP DATABASE IF EXISTS \"%s\" WITH (FORCE)", database);
	char	   *create = format_text("CREATE DATABASE \"%s\" TEMPLATE %s", database, template);
	int64_t		end = clock_now() + DATABASE_PATIENCE;
	PGresult   *result;

	run_and_forget(connection, "SET client_min_messages = warning");
	for (;;)
	{
		run_and_forget(connection, drop);
		result = database_run(connection, create, 0, NULL);
		if (!result_is_error(result))
			break;
		if ((strcmp(result_state(result), STATE_UNIQUE_VIOLATION) != 0 &&
			 strcmp(result_state(result), STATE_DUPLICATE_DATABASE) != 0) || clock_now() > end)
			fail_with_result(connection, result, NO_SERVER);
		PQclear(result);
		wait_for(-1, 0, 100);
	}
	PQclear(result);
	free(create);
	free(drop);
	database_close(connection);
}

/*
 * Take a database nobody else has, and make it if there is none that is ready.
 * "lock" may be free.
 */
static PGconn *
take_database(void)
{
	PGconn	   *connection;
	int			made;
	bool		ready,
				has_template;

	for (int i = 1; database_lock < 0 && i <= DATABASES; i++)
	{
		char	   *name = format_text("database-%d", i);

		database_lock = open_file(name);
		if (flock(database_lock, LOCK_EX | LOCK_NB) == 0)
			database = format_text("pe_%d", i);
		else
		{
			close(database_lock);
			database_lock = -1;
		}
		free(name);
	}
	if (database_lock < 0)
		die(NO_SERVER, "too many calls of pe at once");

	ready = says_programs(database_lock);
	say(database_lock, "");
	if (ready)
	{
		connection = connect_to(database);
		if (PQstatus(connection) == CONNECTION_OK)
			return connection;
		database_close(connection);
	}
	made = open_file("made");
	has_template = says_programs(made);
	close(made);
	make_database(has_template ? TEMPLATE : "template1");
	if (!has_template)
		make_extension(database);
	return must_connect_to(database);
}

/*
 * Enter a place.  False if its server cannot be reached.
 */
static bool
enter_place(void)
{
	int64_t		end = clock_now() + PLACE_PATIENCE;

	take(lock, LOCK_EX, -1);
	take(share, LOCK_SH, -1);
	has_share = true;
	for (;;)
	{
		if (find_running())
			break;
		if (flock(server, LOCK_EX | LOCK_NB) == 0)
		{
			start();
			break;
		}
		if (clock_now() >= end)
		{
			has_share = false;
			return false;
		}
		wait_for(-1, 0, 20);
	}
	flock(lock, LOCK_UN);
	return true;
}

/*
 * What the environment says of the user's own servers is not for this one.
 */
static void
clear_environment(void)
{
	extern char **environ;

	for (char **variable = environ; *variable != NULL;)
	{
		char	   *name;

		if (strncmp(*variable, "PG", 2) != 0)
		{
			variable++;
			continue;
		}
		name = copy_text(*variable);
		name[strcspn(name, "=")] = '\0';
		unsetenv(name);
		free(name);
	}
	setenv("LC_ALL", "C", 1);
}

PGconn *
server_enter(void)
{
	char	   *initdb = find_program("initdb");
	char	   *locale = getenv("LC_ALL") != NULL ? copy_text(getenv("LC_ALL")) : NULL;
	bool		entered = false;

	if (initdb == NULL)
		die(NO_SERVER, "no PostgreSQL server in \"%s\"", program_directory());
	free(initdb);
	choose_server_user();
	clear_environment();
	programs = describe_programs();
	atexit(leave);
	for (int i = 0; !entered && i < PLACES; i++)
	{
		open_place(i);
		entered = enter_place();
		if (!entered)
			close_place();
	}
	if (!entered)
		die(NO_SERVER, "the private servers in \"%s\" are run where this pe does not reach them",
			cache_directory());
	if (locale != NULL)
		setenv("LC_ALL", locale, 1);
	else
		unsetenv("LC_ALL");
	free(locale);
	return take_database();
}

PGconn *
server_enter_again(PGconn *connection)
{
	database_close(connection);
	drop_database();
	close(database_lock);
	database_lock = -1;
	free(database);
	database = NULL;
	return take_database();
}

PGconn *
server_connect(void)
{
	return must_connect_to(database);
}

const char *
server_socket_directory(void)
{
	return socket_directory;
}

const char *
server_database(void)
{
	return database;
}

void
server_leave_clean(PGconn *connection)
{
	PGresult   *result = database_run(connection, fitness_sql, 0, NULL);
	bool		is_fit = !result_is_error(result) && *PQgetvalue(result, 0, 0) == 't';

	PQclear(result);
	database_close(connection);
	if (!is_fit)
		return;
	say(database_lock, programs);
	database_is_clean = true;
}
