// The libzmq side of a measurement: peer ROLE ENDPOINT|- SIZE WARM COUNT SERVER_SECRET SERVER_PUBLIC CLIENT_SECRET
// CLIENT_PUBLIC. Speaks the same lines of JSON as worker.mjs. With "-" it binds, and is the CURVE server.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

static double now_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

static double wall_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

/* Milliseconds that each thread of this process has had a processor, by /proc, in the order of their ids. */
static int thread_ms(double *busy, int room)
{
    DIR *tasks = opendir("/proc/self/task");
    int threads = 0;
    if (!tasks) return 0;
    for (struct dirent *task; threads < room && (task = readdir(tasks));) {
        char path[300];
        double ns;
        if (task->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", task->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        if (fscanf(file, "%lf", &ns) == 1) busy[threads++] = ns / 1e6;
        fclose(file);
    }
    closedir(tasks);
    return threads;
}

static void check(int good, const char *what)
{
    if (good) return;
    fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *) a, right = *(const double *) b;
    return left < right ? -1 : left > right;
}

int main(int argc, char **argv)
{
    if (argc != 10) return 2;
    const char *role = argv[1], *endpoint = argv[2];
    size_t size = (size_t) atol(argv[3]);
    long warm = atol(argv[4]), count = atol(argv[5]);
    int type = !strcmp(role, "PULL")   ? ZMQ_PULL
               : !strcmp(role, "PUSH") ? ZMQ_PUSH
               : !strcmp(role, "REP")  ? ZMQ_REP
                                       : ZMQ_REQ;
    setvbuf(stdout, NULL, _IOLBF, 0);
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, type);
    int one = 1;
    if (!strcmp(endpoint, "-")) {
        char bound[256];
        size_t length = sizeof bound;
        check(!zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &one, sizeof one), "curve server");
        check(!zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, argv[6], 41), "secret key");
        check(!zmq_bind(socket, "tcp://127.0.0.1:*"), "bind");
        check(!zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bound, &length), "endpoint");
        printf("{\"endpoint\":\"%s\"}\n", bound);
    } else {
        check(!zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, argv[7], 41), "server key");
        check(!zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, argv[8], 41), "secret key");
        check(!zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, argv[9], 41), "public key");
        check(!zmq_connect(socket, endpoint), "connect");
        printf("{\"endpoint\":\"%s\"}\n", endpoint);
    }
    char *frame = malloc(size);
    memset(frame, 7, size);
    if (type == ZMQ_PULL) {
        double before[16] = {0}, after[16] = {0}, busiest = 0, began = now_ms();
        zmq_msg_t *kept = malloc(sizeof *kept * (size_t) (warm + count));
        for (long at = 0; at < warm + count; at++) {
            zmq_msg_init(&kept[at]);
            check(zmq_msg_recv(&kept[at], socket, 0) == (int) size, "receive");
            if (at == warm) {
                thread_ms(before, 16);
                began = now_ms();
            }
            if (at + 1 == warm) printf("{\"warmed\":true}\n");
        }
        double ended = wall_ms(), elapsed = now_ms() - began;
        int threads = thread_ms(after, 16);
        for (int at = 0; at < threads; at++)
            if (after[at] - before[at] > busiest) busiest = after[at] - before[at];
        printf("{\"endedMs\":%f,\"busiestMs\":%f,\"elapsedMs\":%f}\n", ended, busiest, elapsed);
    } else if (type == ZMQ_PUSH) {
        for (long at = 0; at < warm; at++) check(zmq_send(socket, frame, size, 0) == (int) size, "send");
        while (getchar() != '\n')
            ;
        printf("{\"beganMs\":%f}\n", wall_ms());
        for (long at = 0; at < count; at++) check(zmq_send(socket, frame, size, 0) == (int) size, "send");
        getchar();
    } else if (type == ZMQ_REP) {
        for (;;) {
            zmq_msg_t message;
            zmq_msg_init(&message);
            check(zmq_msg_recv(&message, socket, 0) >= 0, "receive");
            check(zmq_msg_send(&message, socket, 0) >= 0, "send");
        }
    } else {
        double *micros = malloc(sizeof *micros * (size_t) count);
        for (long at = -warm; at < count; at++) {
            double began = now_ms();
            check(zmq_send(socket, frame, size, 0) == (int) size, "send");
            check(zmq_recv(socket, frame, size, 0) == (int) size, "receive");
            if (at >= 0) micros[at] = (now_ms() - began) * 1e3;
        }
        qsort(micros, (size_t) count, sizeof *micros, compare);
        printf("{\"p50\":%f,\"p99\":%f}\n", micros[count / 2], micros[count * 99 / 100]);
    }
    fflush(stdout);
    _exit(0);
}
