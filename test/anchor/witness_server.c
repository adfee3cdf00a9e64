/*
 * A witness on loopback, for the program tests: one log, a key of its own in memory, no state on disk but what it keeps in DIR.
 *
 *     witness-server DIR NAME LOG-VKEY          DIR/vkey, DIR/url
 */
#include "ledger/witness.h"
#include "os/test_http_server.h"
#include <fcntl.h>

static void answer(void *context, const struct test_request *r, struct buf *out)
{
    struct witness_answer a;
    witness_answer_init(&a);
    struct buf BUF_AUTO note;
    struct err e = {0};
    buf_init(&note, 1 << 20);
    if (str_starts(r->line, "POST /add-checkpoint ")) {
        witness_add_checkpoint(context, r->body, &a);
        test_answer(out, a.status, a.type, buf_view(&a.body));
    } else if (str_starts(r->line, "GET /") && r->line.size > 69 && witness_note(context, str_slice(r->line, 5, 69), &note, &e)) {
        test_answer(out, 200, "text/plain", buf_view(&note));
    } else {
        test_answer(out, 404, "text/plain", STR("nothing here\n"));
    }
    witness_answer_release(&a);
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct ed25519_private private_key;
    int dir = argc == 4 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir < 0)
        return 2;
    env_random(&env_system, private_key.seed, sizeof(private_key.seed));
    struct note_key key = note_key_make_typed(argv[2], NOTE_KEY_COSIGNATURE, ed25519_public_of(&private_key));
    struct witness *w = witness_open(
        &(struct witness_options){.calls = &os_file_real, .env = &env_system, .dir = dir, .key = &key, .private_key = &private_key}, &e);
    struct arena *a = arena_new("witness-server", 1 << 20);
    struct log_list logs = {0};
    struct test_http_server server = {.answer = answer, .context = w};
    struct buf BUF_AUTO vkey, BUF_AUTO list;
    buf_init(&vkey, 1024);
    buf_init(&list, 4096);
    note_key_format(&key, &vkey);
    buf_printf(&list, "log %s\n", argv[3]);
    if (!w || !log_list_parse(a, buf_view(&list), &logs, &e)) {
        fprintf(stderr, "witness-server: %s\n", e.text);
        return 3;
    }
    witness_set_logs(w, a, logs);
    if (!test_http_server_start(&server) || !os_file_replace(&os_file_real, dir, "vkey", buf_view(&vkey), 0600, &e) ||
        !os_file_replace(&os_file_real, dir, "url", str_of(server.url), 0600, &e))
        return 3;
    pthread_join(server.thread, NULL);
    return 0;
}
