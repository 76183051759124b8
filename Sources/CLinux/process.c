#include "include/CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int clinux_reap(int pidfd, struct clinux_exit *result) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    int status;
    do status = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
    while (status != 0 && errno == EINTR);
    if (status != 0) return -1;
    if (info.si_pid == 0) return 0;
    result->exited = info.si_code == CLD_EXITED;
    result->status = info.si_status;
    return 1;
}

// One message to the guardian. A write of this size to a pipe is atomic.
struct notice {
    int32_t add;
    int32_t group;
};

static int tell(int guardian_fd, int add, pid_t group) {
    struct notice notice = {.add = add, .group = (int32_t)group};
    ssize_t written;
    do written = write(guardian_fd, &notice, sizeof notice);
    while (written < 0 && errno == EINTR);
    return written == (ssize_t)sizeof notice ? 0 : -1;
}

int clinux_guardian_forget(int guardian_fd, pid_t group) { return tell(guardian_fd, 0, group); }

struct failure {
    int32_t code;
    int32_t step;
};
static const char *const steps[] = {"fork", "setpgid", "prctl", "guardian", "dup2", "chdir", "exec", "pipe"};
enum { step_fork, step_setpgid, step_prctl, step_guardian, step_dup, step_chdir, step_exec, step_pipe };

static void close_from(int first) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
#endif
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit < 0 || limit > 65536) limit = 65536;
    for (int fd = first; fd < limit; fd++) close(fd);
}

// From here to exec only async-signal-safe calls: other threads of the parent may have held any lock at the fork.
static _Noreturn void run_child(const struct clinux_spawn_request *request, char **candidates, int report,
                                pid_t parent) {
    struct failure failure = {0, step_setpgid};
    if (setpgid(0, 0) != 0) goto failed;
    failure.step = step_prctl;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) goto failed;
    if (getppid() != parent) _exit(127);  // The parent died before the line above could bind us to it.

    failure.step = step_guardian;
    if (request->guardian_fd >= 0 && tell(request->guardian_fd, 1, getpid()) != 0) goto failed;

    // Lift all four above the standard numbers first, so that no dup2 below overwrites one still needed.
    failure.step = step_dup;
    int in = fcntl(request->stdin_fd, F_DUPFD_CLOEXEC, 4);
    int out = fcntl(request->stdout_fd, F_DUPFD_CLOEXEC, 4);
    int err = fcntl(request->stderr_fd, F_DUPFD_CLOEXEC, 4);
    int lifted = fcntl(report, F_DUPFD_CLOEXEC, 4);
    if (in < 0 || out < 0 || err < 0 || lifted < 0) goto failed;
    report = lifted;
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) goto failed;
    if (dup2(report, 3) < 0 || fcntl(3, F_SETFD, FD_CLOEXEC) != 0) goto failed;
    report = 3;
    close_from(4);

    for (int number = 1; number < NSIG; number++) {
        struct sigaction standard;
        memset(&standard, 0, sizeof standard);
        standard.sa_handler = SIG_DFL;
        sigaction(number, &standard, NULL);  // Fails for SIGKILL and SIGSTOP, which have no other disposition.
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    failure.step = step_chdir;
    if (request->cwd != NULL && chdir(request->cwd) != 0) goto failed;

    failure.step = step_exec;
    int code = ENOENT;
    for (char **candidate = candidates; *candidate != NULL; candidate++) {
        execve(*candidate, request->argv, request->envp);
        // As execvp: a directory of PATH without the file is passed over, a file that may not run is remembered.
        if (errno == EACCES) code = EACCES;
        else if (errno != ENOENT && errno != ENOTDIR) { code = errno; break; }
    }
    errno = code;
failed:
    failure.code = errno;
    if (write(report, &failure, sizeof failure) < 0) { /* Nobody is left to tell. */ }
    _exit(127);
}

// The paths to try, in order. Allocated here because the child may not allocate.
static char **make_candidates(const char *file, const char *search_path) {
    if (strchr(file, '/') != NULL) {
        char **list = calloc(2, sizeof *list);
        if (list != NULL) list[0] = strdup(file);
        return list;
    }
    size_t count = 2;
    for (const char *c = search_path; *c != 0; c++) count += *c == ':';
    char **list = calloc(count, sizeof *list);
    if (list == NULL) return NULL;
    size_t next = 0, name = strlen(file);
    for (const char *start = search_path; next + 1 < count; ) {
        const char *end = strchrnul(start, ':');
        size_t length = (size_t)(end - start);
        char *path = malloc(length + name + 3);
        if (path == NULL) break;
        if (length == 0) { memcpy(path, "./", 2); length = 1; }
        else { memcpy(path, start, length); path[length] = '/'; }
        memcpy(path + length + 1, file, name + 1);
        list[next++] = path;
        if (*end == 0) break;
        start = end + 1;
    }
    return list;
}

pid_t clinux_spawn(const struct clinux_spawn_request *request, const char **failed_step) {
    int report[2];
    *failed_step = steps[step_pipe];
    if (clinux_pipe(report) != 0) return -1;
    *failed_step = steps[step_fork];
    char **candidates = make_candidates(request->file, request->search_path);
    if (candidates == NULL) { close(report[0]); close(report[1]); errno = ENOMEM; return -1; }

    // No handler of this process may run in the child between fork and the reset of its dispositions.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) run_child(request, candidates, report[1], parent);
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    close(report[1]);
    for (char **candidate = candidates; *candidate != NULL; candidate++) free(*candidate);
    free(candidates);
    if (child < 0) { close(report[0]); errno = fork_error; return -1; }

    // End of file is success: exec closed the child's end.
    struct failure failure;
    ssize_t got;
    do got = read(report[0], &failure, sizeof failure);
    while (got < 0 && errno == EINTR);
    close(report[0]);
    if (got == (ssize_t)sizeof failure) {
        int status;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
        if (request->guardian_fd >= 0) clinux_guardian_forget(request->guardian_fd, child);
        *failed_step = steps[failure.step];
        errno = failure.code;
        return -1;
    }
    return child;
}

static _Noreturn void guard(int notices) {
    pid_t *groups = NULL;
    size_t count = 0, capacity = 0;
    for (;;) {
        struct notice notice;
        ssize_t got = read(notices, &notice, sizeof notice);
        if (got < 0 && errno == EINTR) continue;
        if (got != (ssize_t)sizeof notice) break;
        if (notice.add) {
            if (count == capacity) {
                size_t larger = capacity == 0 ? 64 : capacity * 2;
                pid_t *moved = realloc(groups, larger * sizeof *groups);
                if (moved == NULL) continue;
                groups = moved;
                capacity = larger;
            }
            groups[count++] = notice.group;
        } else {
            for (size_t i = 0; i < count; i++)
                if (groups[i] == notice.group) { groups[i] = groups[--count]; break; }
        }
    }
    for (size_t i = 0; i < count; i++) kill(-groups[i], SIGKILL);
    _exit(0);
}

int clinux_guardian_start(void) {
    int notices[2];
    if (clinux_pipe(notices) != 0) return -1;
    pid_t child = fork();
    if (child < 0) {
        int code = errno;
        close(notices[0]);
        close(notices[1]);
        errno = code;
        return -1;
    }
    if (child == 0) {
        // Out of reach of the terminal's signals and of a kill of the parent's group.
        setsid();
        prctl(PR_SET_NAME, "mcp-guardian");
        signal(SIGTERM, SIG_IGN);
        signal(SIGINT, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        int fd = fcntl(notices[0], F_DUPFD_CLOEXEC, 3);
        if (fd < 0) _exit(1);
        if (dup2(fd, 3) < 0) _exit(1);
        close_from(4);
        // Whoever reads the gateway's output to its end must not wait for us.
        int null = open("/dev/null", O_RDWR);
        if (null >= 0) { dup2(null, 0); dup2(null, 1); dup2(null, 2); }
        guard(3);
    }
    close(notices[0]);
    return notices[1];
}
