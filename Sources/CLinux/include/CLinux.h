#ifndef CLINUX_H
#define CLINUX_H

#include <stdint.h>
#include <sys/types.h>
#include <sys/socket.h>

// What Swift's Glibc module lacks. Every function returns -1 and sets errno on failure unless it says otherwise.

// epoll, with the event as plain values: `data` comes back untouched.
struct clinux_event {
    uint32_t events;
    uint64_t data;
};

extern const uint32_t clinux_epollin;
extern const uint32_t clinux_epollout;
extern const uint32_t clinux_epollerr;
extern const uint32_t clinux_epollhup;
extern const uint32_t clinux_epollrdhup;

int clinux_epoll_create(void);
int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t data);
int clinux_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data);
int clinux_epoll_delete(int epoll, int fd);
// Waits at most `timeout_ns` nanoseconds (-1: for ever). Fills at most `capacity` events.
int clinux_epoll_wait(int epoll, struct clinux_event *events, int capacity, int64_t timeout_ns);

// An eventfd, non-blocking and close-on-exec.
int clinux_eventfd(void);

// accept4 with SOCK_NONBLOCK | SOCK_CLOEXEC. The address may be NULL.
int clinux_accept(int fd, struct sockaddr *address, socklen_t *length);

// socket(2) with SOCK_NONBLOCK | SOCK_CLOEXEC.
int clinux_stream_socket(int family);

// pipe2 with O_CLOEXEC; both ends blocking.
int clinux_pipe(int fds[2]);

int clinux_set_nonblocking(int fd);

// pidfd_open(2): a descriptor that becomes readable when the process ends. Close-on-exec.
int clinux_pidfd_open(pid_t pid);

// A child that ended, as waitid reports it.
struct clinux_exit {
    int32_t exited;    // 1: a normal exit, `status` is its code. 0: a signal, `status` is its number.
    int32_t status;
};
// Reaps the process behind a pidfd without blocking. 1: reaped, 0: still running.
int clinux_reap(int pidfd, struct clinux_exit *result);

// What a child starts with. Every string array ends with NULL.
struct clinux_spawn_request {
    const char *file;            // looked up in `search_path` when it has no slash
    char *const *argv;
    char *const *envp;
    const char *search_path;     // PATH used for the look-up
    const char *cwd;             // NULL: the parent's
    int stdin_fd, stdout_fd, stderr_fd;
    int guardian_fd;             // -1: no guardian
};
// Starts a child in a process group of its own, with the three descriptors, no other descriptor, default signal
// dispositions and an empty signal mask, that is killed when the calling *thread* ends. Returns its pid. On failure
// returns -1 with errno of the step that failed, and `*failed_step` names it ("fork", "chdir", "exec", …).
pid_t clinux_spawn(const struct clinux_spawn_request *request, const char **failed_step);

// Forks a guardian: a small process that outlives this one just long enough to kill every process group that was
// registered with it, once this process is gone, however it went. Call before any thread is started.
// Returns the descriptor that keeps it informed.
int clinux_guardian_start(void);
// Tells the guardian that this group has ended.
int clinux_guardian_forget(int guardian_fd, pid_t group);

// The event loop that runs on this thread, as an opaque pointer; NULL on any other thread.
void *clinux_current_loop(void);
void clinux_set_current_loop(void *loop);

// Names the calling thread; at most 15 bytes count.
void clinux_name_thread(const char *name);

// CLOCK_MONOTONIC in nanoseconds.
int64_t clinux_monotonic_now(void);

// Raises RLIMIT_NOFILE to its hard limit and returns the result.
int64_t clinux_raise_descriptor_limit(void);

#endif
