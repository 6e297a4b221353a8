// Addresses for the socket targets.
#pragma once
#include "target.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

// A Unix address in the state directory, whose path the harness keeps short.
static UNUSED struct sockaddr_un unix_address(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *path = target_path(name);
    if (strlen(path) >= sizeof address.sun_path) {
        fail("%s is too long for a socket", path);
        _exit(45);
    }
    strcpy(address.sun_path, path);
    return address;
}

static UNUSED struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static UNUSED int port_of(int fd)
{
    struct sockaddr_in6 address; // the port is at the same place in both families
    socklen_t size = sizeof address;
    must(getsockname(fd, (struct sockaddr *)&address, &size));
    return ntohs(address.sin6_port);
}

static UNUSED int option_of(int fd, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    must(getsockopt(fd, level, name, &value, &size));
    return value;
}
