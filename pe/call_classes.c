/*-------------------------------------------------------------------------
 *
 * call_classes.c
 *		Which calls strace's classes have.
 *
 * The classes are those of strace(1), and the names those that syscalls_logger
 * writes, which are the kernel's functions.  Calls of Windows are in the classes
 * that they would be in.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "call_classes.h"

#define PATHS \
	"access acct chdir chmod chown chown16 chroot creat execve execveat faccessat faccessat2 fanotify_mark " \
	"fchmodat fchmodat2 fchownat fsconfig fspick fstatat64 futimesat getcwd getxattr inotify_add_watch " \
	"lchown lchown16 lgetxattr link linkat listxattr llistxattr lookup_dcookie lremovexattr lsetxattr lstat " \
	"lstat64 mkdir mkdirat mknod mknodat mount mount_setattr move_mount name_to_handle_at newfstatat newlstat " \
	"newstat old_umount oldlstat oldstat oldumount open open_tree openat openat2 pivot_root quotactl readlink " \
	"readlinkat removexattr rename renameat renameat2 rmdir setxattr stat stat64 statfs statfs64 statx swapoff " \
	"swapon symlink symlinkat truncate truncate64 umount umount2 unlink unlinkat uselib utime utimensat utimes " \
	"NtCreateFile NtOpenFile NtDeleteFile NtQueryAttributesFile NtQueryFullAttributesFile NtCreateSymbolicLinkObject " \
	"NtOpenSymbolicLinkObject NtLoadDriver"

#define PROCESSES \
	"clone clone3 execv execve execveat exit exit_group fork kill pidfd_open pidfd_send_signal rt_sigqueueinfo " \
	"rt_tgsigqueueinfo tgkill tkill vfork wait4 waitid waitpid " \
	"NtCreateProcess NtCreateProcessEx NtCreateUserProcess NtOpenProcess NtTerminateProcess NtCreateThread " \
	"NtCreateThreadEx NtTerminateThread NtResumeThread NtSuspendThread"

#define SOCKETS \
	"accept accept4 bind connect getpeername getpmsg getsockname getsockopt listen putpmsg recv recvfrom recvmmsg " \
	"recvmsg send sendfile sendfile64 sendmmsg sendmsg sendto setsockopt shutdown socket socketcall socketpair"

#define SIGNALS \
	"alarm kill pause pidfd_send_signal restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo " \
	"rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sgetmask sigaction sigaltstack signal signalfd " \
	"signalfd4 sigpending sigprocmask sigreturn sigsuspend ssetmask tgkill tkill"

#define IPC \
	"ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd " \
	"semctl semget semop semtimedop shmat shmctl shmdt shmget " \
	"NtAlpcConnectPort NtAlpcCreatePort NtAlpcSendWaitReceivePort NtConnectPort NtCreatePort NtRequestWaitReplyPort"

#define DESCRIPTORS \
	"bpf close close_range copy_file_range dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_pwait " \
	"epoll_pwait2 epoll_wait eventfd eventfd2 execveat faccessat faccessat2 fadvise64 fadvise64_64 fallocate " \
	"fanotify_init fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown16 fchownat fcntl fcntl64 fdatasync " \
	"fgetxattr finit_module flistxattr flock fremovexattr fsconfig fsetxattr fsmount fsopen fspick fstat fstat64 " \
	"fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getdents getdents64 inotify_add_watch " \
	"inotify_init inotify_init1 inotify_rm_watch io_uring_enter io_uring_register io_uring_setup ioctl " \
	"kexec_file_load linkat llseek lseek memfd_create mkdirat mknodat mmap mmap2 mmap_pgoff old_mmap move_mount " \
	"name_to_handle_at newfstat newfstatat newselect old_select open_by_handle_at open_tree openat openat2 " \
	"perf_event_open pidfd_getfd pidfd_open pidfd_send_signal pipe pipe2 poll ppoll pread64 preadv preadv2 pselect6 " \
	"pwrite64 pwritev pwritev2 read readahead readlinkat readv renameat renameat2 select sendfile sendfile64 setns " \
	"signalfd signalfd4 splice statx symlinkat sync_file_range syncfs tee timerfd timerfd_create timerfd_gettime " \
	"timerfd_settime unlinkat userfaultfd utimensat vmsplice write writev " SOCKETS \
	" creat open NtClose NtDuplicateObject NtReadFile NtWriteFile NtDeviceIoControlFile NtFsControlFile"

#define MEMORY \
	"brk get_mempolicy io_destroy io_setup madvise mbind migrate_pages mincore mlock mlock2 mlockall mmap mmap2 " \
	"mmap_pgoff move_pages mprotect mremap msync munlock munlockall munmap old_mmap pkey_mprotect " \
	"process_madvise remap_file_pages set_mempolicy shmat shmdt " \
	"NtAllocateVirtualMemory NtFreeVirtualMemory NtProtectVirtualMemory NtReadVirtualMemory NtWriteVirtualMemory " \
	"NtQueryVirtualMemory NtMapViewOfSection NtUnmapViewOfSection NtCreateSection NtOpenSection"

#define CREDENTIALS \
	"capget capset getegid getegid16 geteuid geteuid16 getgid getgid16 getgroups getgroups16 getresgid getresgid16 " \
	"getresuid getresuid16 getuid getuid16 prctl setfsgid setfsgid16 setfsuid setfsuid16 setgid setgid16 setgroups " \
	"setgroups16 setregid setregid16 setresgid setresgid16 setresuid setresuid16 setreuid setreuid16 setuid setuid16"

#define CLOCKS \
	"adjtimex clock_adjtime clock_getres clock_gettime clock_settime gettimeofday settimeofday stime time"

typedef struct NamesOfWord
{
	const char *word;
	const char *names;
} NamesOfWord;

static const NamesOfWord classes[] = {
	{"file", PATHS},
	{"process", PROCESSES},
	{"network", SOCKETS},
	{"net", SOCKETS},
	{"signal", SIGNALS},
	{"ipc", IPC},
	{"descriptor", DESCRIPTORS},
	{"desc", DESCRIPTORS},
	{"memory", MEMORY},
	{"credentials", CREDENTIALS},
	{"creds", CREDENTIALS},
	{"clock", CLOCKS},
	{NULL, NULL}
};

static const NamesOfWord other_names[] = {
	{"stat", "newstat"},
	{"lstat", "newlstat"},
	{"fstat", "newfstat"},
	{"fstatat", "newfstatat fstatat64"},
	{"uname", "newuname"},
	{"umount2", "umount"},
	{"_llseek", "llseek"},
	{"_newselect", "select"},
	{"mmap", "mmap_pgoff old_mmap"},
	{"mmap2", "mmap_pgoff"},
	{"sendfile", "sendfile64"},
	{"pread", "pread64"},
	{"pwrite", "pwrite64"},
	{NULL, NULL}
};

static const char *
find_word(const NamesOfWord *words, const char *word, size_t length)
{
	for (; words->word != NULL; words++)
	{
		if (strlen(words->word) == length && memcmp(words->word, word, length) == 0)
			return words->names;
	}
	return NULL;
}

const char *
calls_of_class(const char *word, size_t length)
{
	return find_word(classes, word, length);
}

const char *
other_names_of_call(const char *name, size_t length)
{
	return find_word(other_names, name, length);
}
