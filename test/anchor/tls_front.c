/*
 * TLS before a plain server on loopback, for the program tests: takes connections with the certificate given and passes the bytes on.
 *
 *     tls-front CERTIFICATE KEY PORT URL_FILE        both PEM; PORT of the server behind; writes https://localhost:PORT to URL_FILE
 */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static SSL_CTX *context;
static uint16_t behind;

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Until either side closes. */
static void pass(SSL *tls, int client, int server)
{
    char bytes[16 << 10];
    struct pollfd fds[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    for (;;) {
        if (SSL_pending(tls) == 0 && poll(fds, 2, -1) < 0)
            return;
        if (SSL_pending(tls) > 0 || fds[0].revents) {
            int n = SSL_read(tls, bytes, sizeof(bytes));
            if (n <= 0 || write(server, bytes, (size_t)n) != n)
                return;
            fds[0].revents = 0;
            continue;
        }
        if (fds[1].revents) {
            ssize_t n = read(server, bytes, sizeof(bytes));
            if (n <= 0 || SSL_write(tls, bytes, (int)n) <= 0)
                return;
        }
    }
}

static void *serve(void *argument)
{
    int client = (int)(intptr_t)argument, server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = loopback(behind);
    SSL *tls = SSL_new(context);
    if (tls && SSL_set_fd(tls, client) == 1 && SSL_accept(tls) == 1 && connect(server, (struct sockaddr *)&to, sizeof(to)) == 0) {
        pass(tls, client, server);
        SSL_shutdown(tls);
    }
    SSL_free(tls);
    close(client);
    close(server);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    behind = (uint16_t)strtoul(argv[3], NULL, 10);
    context = SSL_CTX_new(TLS_server_method());
    if (!context || SSL_CTX_use_certificate_chain_file(context, argv[1]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, argv[2], SSL_FILETYPE_PEM) != 1)
        return 3;
    struct sockaddr_in at = loopback(0);
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        return 3;
    FILE *file = fopen(argv[4], "w");
    if (!file || fprintf(file, "https://localhost:%d", ntohs(at.sin_port)) < 0 || fclose(file) != 0)
        return 3;
    for (;;) {
        pthread_t thread;
        int client = accept(fd, NULL, NULL);
        if (client >= 0 && pthread_create(&thread, NULL, serve, (void *)(intptr_t)client) == 0)
            pthread_detach(thread);
    }
}
