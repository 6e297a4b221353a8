// A crew of threads that each hold state of their own and each prove it when the main thread asks.
#pragma once
#include "target.h"

static pthread_mutex_t crew_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t crew_call = PTHREAD_COND_INITIALIZER;
static int crew_size, crew_round, crew_done;
static void (*crew_set_up)(int index);
static void (*crew_prove)(int index);

static void *crew_member(void *argument)
{
    int index = (int)(intptr_t)argument;
    crew_set_up(index);
    pthread_mutex_lock(&crew_lock);
    crew_done++;
    for (int seen = 0;; seen++) {
        while (crew_round == seen)
            pthread_cond_wait(&crew_call, &crew_lock);
        pthread_mutex_unlock(&crew_lock);
        crew_prove(index);
        pthread_mutex_lock(&crew_lock);
        crew_done++;
    }
    return NULL;
}

static bool crew_is_done(void)
{
    pthread_mutex_lock(&crew_lock);
    bool done = crew_done == crew_size;
    pthread_mutex_unlock(&crew_lock);
    return done;
}

// Starts this many threads and waits until each has run set_up(its index).
static void crew_start(int size, void (*member_set_up)(int), void (*member_prove)(int))
{
    crew_set_up = member_set_up;
    crew_prove = member_prove;
    crew_size = size;
    for (int i = 0; i < size; i++)
        spawn(crew_member, (void *)(intptr_t)i);
    expect(eventually(crew_is_done()), "threads did not set up");
}

// Has every thread run prove(its index).
static void crew_verify(void)
{
    pthread_mutex_lock(&crew_lock);
    crew_done = 0;
    crew_round++;
    pthread_cond_broadcast(&crew_call);
    pthread_mutex_unlock(&crew_lock);
    expect(eventually(crew_is_done()), "only %d of %d threads answered", crew_done, crew_size);
}
