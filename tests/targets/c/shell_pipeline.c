// A shell's pipeline, stopped in its middle: what comes out at its end is what comes out of one that nobody disturbed.
#include "family.h"

// The producer waits for a file in its middle; meanwhile what it wrote has gone through, or is in a pipe.
static const char script[] =
    "cd \"$1\" || exit 1\n"
    "produce() { i=0; while [ $i -lt 3000 ]; do echo \"$i $((i * i % 7919))\"; i=$((i + 1)); if [ $i -eq 1500 ]; then wait_for_gate \"$1\"; fi; done; }\n"
    "wait_for_gate() { : > middle; while [ ! -e gate ]; do case $(cat /proc/$1/stat 2>/dev/null) in ''|*') Z '*) exit 1 ;; esac; sleep 0.03; done; }\n"
    "change() { while read -r a b; do echo \"$((a * 31 + b)) $a $b\"; done; }\n"
    "produce \"$2\" | change | tee copy | sha256sum > sum\n"
    "echo finished >> sum\n";
static pid_t shell;
static char undisturbed[256];

static void start(void)
{
    char root[32];
    snprintf(root, sizeof root, "%d", board->root);
    unlink(target_path("middle"));
    shell = must(fork());
    if (shell == 0) {
        execl("/bin/sh", "sh", "-c", script, "pipeline", target_dir, root, NULL);
        _exit(127);
    }
}

static void finish(char *sum, size_t size)
{
    int status = 0;
    close(must(open(target_path("gate"), O_CREAT | O_WRONLY, 0600)));
    expect(waitpid(shell, &status, 0) == shell && status == 0, "the pipeline ends with %x", status);
    slurp(target_path("sum"), sum, size);
}

static void start_to_middle(void)
{
    must(unlink(target_path("gate")));
    start();
    expect(eventually(access(target_path("middle"), F_OK) == 0), "the pipeline does not start");
}

static void set_up(void)
{
    family_open();
    close(must(open(target_path("gate"), O_CREAT | O_WRONLY, 0600)));
    start();
    finish(undisturbed, sizeof undisturbed);
    expect(strlen(undisturbed) > 64 && strstr(undisturbed, "finished"), "the pipeline gives %s", undisturbed);
    start_to_middle();
}

static void verify(void)
{
    char sum[256];
    expect(is_my_living_child(shell), "the shell is gone");
    finish(sum, sizeof sum);
    expect(strcmp(sum, undisturbed) == 0, "the pipeline gives %s, undisturbed %s", sum, undisturbed);
    start_to_middle();
}

TARGET(set_up, verify)
