/* main.c - assay-verify: checks what Assay hands out, and shares no code with it. */
#include "av.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
    "usage: assay-verify [options] BUNDLE.slb | LEDGER-DIRECTORY\n"
    "       assay-verify [options] --proof FILE --leaf FILE\n"
    "\n"
    "Checks a bundle, a ledger directory or one proof. Uses no network, writes nothing.\n"
    "\n"
    "  --log VKEY        the log key that you trust\n"
    "  --root VKEY       the root key that you trust\n"
    "  --policy FILE     the tlog-policy that you trust: logs, witnesses, quorum\n"
    "  --last-seen FILE  a checkpoint that you saw before (or SIZE:ROOT): this must continue it\n"
    "  --explain LEAF    print a leaf with everything that is proven about it\n"
    "  --proof FILE      a C2SP tlog-proof, with --leaf FILE: the leaf's bytes\n"
    "  --json            for programs\n"
    "\n"
    "Exit status: 0 holds, 1 does not hold, 2 cannot be answered, or wrong use.\n";

/* A bundle is mapped: it was cut while it was being read, or its disk has failed. */
static void on_bus_error(int number)
{
    static const char text[] = "INCOMPLETE: the bundle cannot be read to its end, or changes meanwhile\n";
    ssize_t said = write(2, text, sizeof(text) - 1);
    (void)number, (void)said;
    _exit(AV_INCOMPLETE);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"log", 1, NULL, 'l'},     {"root", 1, NULL, 'r'},  {"policy", 1, NULL, 'p'},
                                            {"last-seen", 1, NULL, 's'}, {"explain", 1, NULL, 'e'}, {"proof", 1, NULL, 'P'},
                                            {"leaf", 1, NULL, 'L'},    {"json", 0, NULL, 'j'},  {"help", 0, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct av_options o = {.explain = -1};
    const char *proof = NULL, *leaf = NULL;
    bool is_json = false;
    uint64_t index = 0;
    signal(SIGBUS, on_bus_error);
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'l')
            o.log_vkey = optarg;
        else if (c == 'r')
            o.root_vkey = optarg;
        else if (c == 'p')
            o.policy_path = optarg;
        else if (c == 's')
            o.seen_path = optarg;
        else if (c == 'P')
            proof = optarg;
        else if (c == 'L')
            leaf = optarg;
        else if (c == 'j')
            is_json = true;
        else if (c == 'h')
            return fputs(usage, stdout) < 0 ? 2 : 0;
        else if (c != 'e' || !av_number(av_text_of(optarg), &index))
            return fputs(usage, stderr), 2;
        else
            o.explain = (int64_t)index;
    }
    bool is_proof = proof || leaf;
    if ((is_proof && (!proof || !leaf || optind != argc)) || (!is_proof && optind + 1 != argc))
        return fputs(usage, stderr), 2;
    enum av_answer answer;
    if (is_proof) {
        answer = av_proof(&o, proof, leaf, stdout);
    } else {
        o.path = argv[optind];
        struct av *v = av_check(&o);
        answer = av_answer(v);
        if (is_json)
            av_print_json(v, stdout);
        else
            av_print_text(v, stdout);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? (int)answer : 2;
}
