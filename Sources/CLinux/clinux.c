#include "include/CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

const uint32_t clinux_epollin = EPOLLIN;
const uint32_t clinux_epollout = EPOLLOUT;
const uint32_t clinux_epollerr = EPOLLERR;
const uint32_t clinux_epollhup = EPOLLHUP;
const uint32_t clinux_epollrdhup = EPOLLRDHUP;

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = events;
    event.data.u64 = data;
    return epoll_ctl(epoll, operation, fd, &event);
}

int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t data) {
    return control(epoll, EPOLL_CTL_ADD, fd, events, data);
}

int clinux_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data) {
    return control(epoll, EPOLL_CTL_MOD, fd, events, data);
}

int clinux_epoll_delete(int epoll, int fd) { return control(epoll, EPOLL_CTL_DEL, fd, 0, 0); }

int clinux_epoll_wait(int epoll, struct clinux_event *events, int capacity, int64_t timeout_ns) {
    struct epoll_event ready[256];
    if (capacity > 256) capacity = 256;
    int count;
    if (timeout_ns < 0) {
        count = epoll_wait(epoll, ready, capacity, -1);
    } else {
        // epoll_pwait2 (Linux 5.11) keeps sub-millisecond deadlines; older kernels round up to milliseconds.
#ifdef SYS_epoll_pwait2
        static int unavailable = 0;
        if (!__atomic_load_n(&unavailable, __ATOMIC_RELAXED)) {
            struct timespec limit = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
            count = (int)syscall(SYS_epoll_pwait2, epoll, ready, capacity, &limit, NULL, 0);
            if (count >= 0 || errno != ENOSYS) goto done;
            __atomic_store_n(&unavailable, 1, __ATOMIC_RELAXED);
        }
#endif
        int64_t milliseconds = (timeout_ns + 999999) / 1000000;
        count = epoll_wait(epoll, ready, capacity, milliseconds > 86400000 ? 86400000 : (int)milliseconds);
    }
done:
    for (int i = 0; i < count; i++) {
        events[i].events = ready[i].events;
        events[i].data = ready[i].data.u64;
    }
    return count;
}

int clinux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int clinux_accept(int fd, struct sockaddr *address, socklen_t *length) {
    return accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int clinux_stream_socket(int family) { return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

int clinux_pipe(int fds[2]) { return pipe2(fds, O_CLOEXEC); }

int clinux_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int64_t clinux_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    return limit.rlim_cur == RLIM_INFINITY ? INT64_MAX : (int64_t)limit.rlim_cur;
}

static _Thread_local void *current_loop;

void *clinux_current_loop(void) { return current_loop; }
void clinux_set_current_loop(void *loop) { current_loop = loop; }

void clinux_name_thread(const char *name) {
    char shortened[16];
    strncpy(shortened, name, sizeof shortened - 1);
    shortened[sizeof shortened - 1] = 0;
    pthread_setname_np(pthread_self(), shortened);
}

int64_t clinux_monotonic_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
